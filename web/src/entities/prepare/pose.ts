// How stored pixels come to stand upright: first mirrored, left for right, then turned.

export interface Pose {
  isMirrored: boolean;
  /** Clockwise quarter turns, 0 to 3. */
  quarters: number;
}

export type Rotation = 0 | 90 | 180 | 270;

const UPRIGHT: Pose = { isMirrored: false, quarters: 0 };
/** EXIF's numbers from 1. */
const POSES: readonly Pose[] = [
  UPRIGHT,
  { isMirrored: true, quarters: 0 },
  { isMirrored: false, quarters: 2 },
  { isMirrored: true, quarters: 2 },
  { isMirrored: true, quarters: 3 },
  { isMirrored: false, quarters: 1 },
  { isMirrored: true, quarters: 1 },
  { isMirrored: false, quarters: 3 },
];

export function poseOf(orientation: number): Pose {
  return POSES[orientation - 1] ?? UPRIGHT;
}

/** And then turned by whoever looks at it. */
export function turned(pose: Pose, rotation: Rotation): Pose {
  return { ...pose, quarters: (pose.quarters + rotation / 90) % 4 };
}

export function isUpright({ isMirrored, quarters }: Pose): boolean {
  return !isMirrored && quarters === 0;
}

/** The EXIF number of a pose. */
export function orientationFor({ isMirrored, quarters }: Pose): number {
  return 1 + POSES.findIndex((pose) => pose.isMirrored === isMirrored && pose.quarters === quarters);
}
