/** The index of this host's histories. */
import type { Config } from '../../../config/config.ts';
import { predecessorPlaces, realHistory } from '../../frame/host.ts';
import { historyFiles } from './history-files.ts';
import { HistoryIndex } from './history-index.ts';

export function openIndex(config: Config): HistoryIndex {
  const { stateDirectory, historyBytes } = config;
  return new HistoryIndex({
    // Each program reads so much of a history.
    files: historyFiles(stateDirectory, 2 * historyBytes, predecessorPlaces(stateDirectory)),
    predecessor: realHistory(config).predecessor,
  });
}
