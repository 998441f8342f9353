const PATHS = {
  overview: "M4 19V11M10 19V5M16 19v-6M21 19H3",
  transactions: "M7 7h13M7 7l3-3M7 7l3 3M17 17H4M17 17l-3-3M17 17l-3 3",
  keys: "M14.500 9.500a4.500 4.500 0 1 0-4.100 4.480L12 15.500h2v2h2v2h3.500V16l-5.100-5.100c.07-.46.1-.93.1-1.400M8.500 8.500h.01",
  webhooks: "M13 3 5 14h6l-1 7 8-11h-6z",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 11v5M12 8h.01",
  download: "M12 4v11M7.500 10.500 12 15l4.500-4.500M5 19.500h14",
  calendar: "M5 6h14v14H5zM5 10h14M9 3.500V7M15 3.500V7",
  chevron: "m7 10 5 5 5-5",
  check: "m5 12.500 4.500 4.500L19 7.500",
  close: "M6.500 6.500l11 11M17.500 6.500l-11 11",
  copy: "M9 9h10v10H9zM5 15V5h10",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13M20 20l-4.800-4.800",
  left: "M15 6l-6 6 6 6",
  right: "m9 6 6 6-6 6",
  up: "M12 19V6M6.500 11.500 12 6l5.500 5.500",
  down: "M12 5v13M6.500 12.500 12 18l5.500-5.500",
  more: "M5.500 12h.01M12 12h.01M18.500 12h.01",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.500 20.500c1.200-3.600 4-5 7.500-5s6.300 1.400 7.500 5",
  table: "M4 5h16v14H4zM4 10h16M4 14.500h16M10 5v14",
  chart: "M4 18l5-6 4 3 7-9",
  alert: "M12 4 2.500 20h19zM12 10v4M12 17h.01",
  offline: "M3 3l18 18M8.500 15.500a5 5 0 0 1 7 0M5 12a10 10 0 0 1 4-2.400M19 12a10 10 0 0 0-5.500-2.800M12 19h.01",
  plus: "M12 5v14M5 12h14",
  refund: "M9 7 4.500 11.500 9 16M5 11.500h9a5 5 0 0 1 5 5V19",
  rotate: "M19.500 12a7.500 7.500 0 1 1-2.300-5.400L20 9M20 4v5h-5",
  history: "M12 8v4.500l3 2M4 12a8 8 0 1 0 2.500-5.800L4 8.500M4 4v4.500h4.500",
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing that means nothing without the text beside it, or the label of its button. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor"
      strokeWidth={name === "more" ? 3 : 1.75} strokeLinecap="round" strokeLinejoin="round">
      <path d={PATHS[name]} />
    </svg>
  );
}
