import classes from "./Skeleton.module.css";

interface SkeletonProps {
  /** In pixels. */
  height: number;
  width?: string;
}

/** A grey shape in place of what is coming. */
export const Skeleton = ({ height, width = "100%" }: SkeletonProps) => <span className={classes.skeleton} style={{ height, width }} />;
