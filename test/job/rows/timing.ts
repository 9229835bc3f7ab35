import { type Row, timing } from './row.ts';

export const timingRows: Readonly<Record<string, Row>> = {
  time_zone: {
    accepts: [
      ['Europe/Berlin', timing({ timeZone: 'Europe/Berlin' })],
      ['UTC', timing({ timeZone: 'UTC' })],
    ],
    refuses: ['+01:00', '""', '1', 'Europe Berlin', '../etc/passwd', '"UTC\\n"', ''],
  },
  splay: { accepts: [['5m', timing({ splaySeconds: 300 })]], refuses: ['5', '-5m', 'soon', '""', ''] },
  start_deadline: {
    accepts: [['10m', timing({ startDeadlineSeconds: 600 })]],
    refuses: ['10', '-1s', 'never', ''],
  },
  catch_up: {
    accepts: [
      ['none', timing({ catchUp: 'none' })],
      ['last', timing({ catchUp: 'last' })],
    ],
    refuses: ['all', 'Last', 'true', ''],
  },
  catch_up_window: { accepts: [['3d', timing({ catchUpWindowSeconds: 259_200 })]], refuses: ['3', 'ever', ''] },
};
