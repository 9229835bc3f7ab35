/** storm hosts [MINUTES]: five hosts and three etcds on machines of their own, with the real programs. Needs root. */
import process from 'node:process';
import { LabStory } from '../fleet/lab/story.ts';

export async function hostsStorm([minutes = '10']: readonly string[]): Promise<number> {
  const jobs = ['brief', 'long', 'stubborn', 'again', 'brief2', 'long2', 'stubborn2', 'again2'];
  const work = { jobs, longest: 50, calmMinutes: 2 };
  const story = new LabStory({ ...work, minutes: Number(minutes), say: (words) => process.stderr.write(`${words}\n`) });
  try {
    const result = await story.tell();
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    return result.problems.length > 0 ? 1 : 0;
  } finally {
    await story.remove();
  }
}
