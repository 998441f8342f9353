import classes from "./Toggle.module.css";

interface ToggleProps {
  label: string;
  /** Said when it is pointed at. */
  title: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

/** On or off, at once. */
export function Toggle({ label, title, isOn, onChange }: ToggleProps) {
  return (
    <label className={classes.toggle} title={title}>
      <input type="checkbox" role="switch" className={classes.track} checked={isOn} onChange={(event) => { onChange(event.currentTarget.checked); }} />
      {label}
    </label>
  );
}
