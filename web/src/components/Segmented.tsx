import { useId } from "react";
import classes from "./Segmented.module.css";

interface SegmentedProps<T extends string> {
  label: string;
  value: T;
  choices: readonly { value: T; label: string; disabled?: boolean }[];
  onChange: (value: T) => void;
}

/** One of a few. */
export function Segmented<T extends string>({ label, value, choices, onChange }: SegmentedProps<T>) {
  const name = useId();
  return (
    <div className={classes.group} role="radiogroup" aria-label={label}>
      {choices.map((choice) => (
        <label key={choice.value} className={classes.choice}>
          <input type="radio" className={classes.input} name={name} checked={choice.value === value} disabled={choice.disabled}
            onChange={() => { onChange(choice.value); }} />
          {choice.label}
        </label>
      ))}
    </div>
  );
}
