import { defineStream } from '../../sdk/contract/index.js';
import type { FileClient } from '../client.js';
import { mapRow } from '../columns.js';
import { pullFiles } from '../pull.js';
import type { FileRow } from '../row.js';

/** The rows of all files. Each file is the whole list of what it speaks of: a row that is missing is gone. */
export const records = defineStream<FileClient, FileRow>({
  name: 'records',
  permissions: ['read access to the files'],
  deletes: 'by_full_scan',
  missingIsTold: true,
  incremental: 'none',
  placeKeys: ['_line'],
  pull: (client, from) => pullFiles(client, from),
  map: (row) => mapRow(row),
});
