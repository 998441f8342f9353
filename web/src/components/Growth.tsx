import { Hint } from "@/components/Hint";
import { Icon } from "@/components/Icon";
import classes from "./Growth.module.css";

export interface GrowthProps {
  /** With its sign and unit. */
  text: string;
  direction: -1 | 0 | 1;
  /** Whether more is good news, bad news or neither. */
  wanted: "more" | "less" | "neither";
  /** What is held against what. */
  explanation: string;
}

/** How a figure has moved: by arrow, sign and colour. */
export function Growth({ text, direction, wanted, explanation }: GrowthProps) {
  const isGood = wanted !== "neither" && direction !== 0 && (direction === 1) === (wanted === "more");
  const isBad = wanted !== "neither" && direction !== 0 && !isGood;
  const tone = isGood ? classes.good : isBad ? classes.bad : "";
  return (
    <Hint
      label={`${text}, ${explanation}`}
      className={`${classes.growth} ${tone}`}
      target={
        <>
          {direction !== 0 && <Icon name={direction === 1 ? "up" : "down"} size={13} />}
          {text}
        </>
      }
    >
      {explanation}
    </Hint>
  );
}
