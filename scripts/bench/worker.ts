/** The entry of the thread that `bench sim` measures on: one like those of a run. */

import { measureSim, type SimBench, type SimCost } from './sim.ts';

export default function work(bench: SimBench): Promise<SimCost> {
  return measureSim(bench);
}
