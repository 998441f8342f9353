import { SegmentedControl } from "@mantine/core";

interface SegmentedProps<T extends string> {
  label: string;
  value: T;
  choices: readonly { value: T; label: string; disabled?: boolean }[];
  onChange: (value: T) => void;
}

/** One of a few. */
export function Segmented<T extends string>({ label, value, choices, onChange }: SegmentedProps<T>) {
  return (
    <SegmentedControl aria-label={label} size="sm" radius="md" value={value} data={[...choices]}
      onChange={(chosen) => {
        const choice = choices.find((known) => known.value === chosen);
        if (choice) onChange(choice.value);
      }}
    />
  );
}
