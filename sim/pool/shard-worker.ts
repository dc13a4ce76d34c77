/** The entry of a worker thread: one shard with all its variants. */

import type { ShardCounts } from '../result.ts';
import { runToEnd, type ShardTask, shardSlices } from '../shard-task.ts';

export default function work(task: ShardTask): ShardCounts[] {
  return runToEnd(shardSlices(task));
}
