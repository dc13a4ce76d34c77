/** The entry of a worker thread. */

import type { ShardCounts } from '../result.ts';
import { runToEnd, type ShardTask, taskSlices } from '../shard-task.ts';

export default function work(task: ShardTask): ShardCounts[][] {
  return runToEnd(taskSlices(task));
}
