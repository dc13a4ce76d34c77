/** True when `root` has a build, and no source that is younger than it. */
export function isBuilt(root: string): boolean;
