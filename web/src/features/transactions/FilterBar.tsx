import { ActionIcon, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import { Icon } from "@/components/Icon";
import { humanize } from "@/components/names";
import { PeriodMenu } from "@/components/PeriodMenu";
import { filteredPeriod, STATUSES, type Filters, type Status } from "@/features/transactions/filters";
import { useKnownMethods } from "@/features/transactions/requests/methods";
import type { Day } from "@/lib/days";
import { formatInstant } from "@/lib/format";
import { useI18n } from "@/lib/i18n";
import { useMerchant } from "@/lib/merchant";
import classes from "./FilterBar.module.css";

interface FilterBarProps {
  filters: Filters;
  today: Day;
  change: (changes: Partial<Filters>) => void;
}

const TYPING_MS = 300;

function Search({ filters, change }: Omit<FilterBarProps, "today">) {
  const { t } = useI18n();
  const [text, setText] = useState(filters.search ?? "");
  const search = useDebouncedCallback((search: string) => { change({ search: search.trim() || null }); }, TYPING_MS);
  const type = (typed: string) => {
    setText(typed);
    search(typed);
  };
  return (
    <TextInput className={classes.search} type="search" aria-label={t.list.search} placeholder={t.list.search} title={t.list.searchHint}
      leftSection={<Icon name="search" size={17} />} value={text} maxLength={128} onChange={(event) => { type(event.currentTarget.value); }}
      rightSection={text ? (
        <ActionIcon variant="subtle" color="gray" aria-label={t.list.remove(t.list.search)} onClick={() => { type(""); }}><Icon name="close" size={15} /></ActionIcon>
      ) : undefined} />
  );
}

/** Filters that were not chosen here but came along: removable. */
function Chips({ filters, change }: Omit<FilterBarProps, "today">) {
  const { t, locale } = useI18n();
  const { timezone } = useMerchant();
  const { customer_id: customer, product_id: product, from, to } = filters;
  const hour = from?.includes("T") && to
    ? `${formatInstant(from, "minute", timezone, locale)} – ${formatInstant(to, "clock", timezone, locale)}` : null;
  const chips = [
    { name: t.list.customer, value: customer, off: { customer_id: null } },
    { name: t.list.product, value: product, off: { product_id: null } },
    { name: t.list.period, value: hour, off: { range: "all" as const, from: null, to: null } },
  ].filter(({ value }) => value);
  return chips.map(({ name, value, off }) => (
    <button key={name} type="button" className={`bare ${classes.chip}`} aria-label={t.list.remove(`${name} ${value ?? ""}`)} onClick={() => { change(off); }}>
      <span className="soft">{name}</span> {value} <Icon name="close" size={14} />
    </button>
  ));
}

/** What the list is narrowed down to. */
export function FilterBar({ filters, today, change }: FilterBarProps) {
  const { t } = useI18n();
  const { currencies } = useMerchant();
  const known = useKnownMethods(filters.currency).data ?? [];
  const methods = filters.payment_method && !known.includes(filters.payment_method) ? [filters.payment_method, ...known] : known;
  const isFiltered = Object.entries(filters).some(([name, value]) => value && value !== "all" && name !== "after" && name !== "before");
  return (
    <search className={classes.bar}>
      {/* typed anew when filters are cleared from outside */}
      <Search key={filters.search === null ? "empty" : "typed"} filters={filters} change={change} />
      <NativeSelect className={classes.select} aria-label={t.list.status} value={filters.status ?? ""}
        data={[{ value: "", label: t.list.anyStatus }, ...STATUSES.map((status) => ({ value: status, label: t.status[status] }))]}
        onChange={(event) => { change({ status: (event.currentTarget.value || null) as Status | null }); }} />
      <NativeSelect className={classes.select} aria-label={t.list.method} value={filters.payment_method ?? ""}
        data={[{ value: "", label: t.list.anyMethod }, ...methods.map((method) => ({ value: method, label: humanize(method, t.names) }))]}
        onChange={(event) => { change({ payment_method: event.currentTarget.value || null }); }} />
      {currencies.length > 1 && (
        <NativeSelect className={classes.select} aria-label={t.list.currency} value={filters.currency ?? ""}
          data={[{ value: "", label: t.list.anyCurrency }, ...currencies]}
          onChange={(event) => { change({ currency: event.currentTarget.value || null }); }} />
      )}
      <PeriodMenu range={filters.range} period={filteredPeriod(filters, today)} today={today}
        onAll={() => { change({ range: "all", from: null, to: null }); }}
        onPreset={(range) => { change({ range, from: null, to: null }); }}
        onCustom={({ start, end }) => { change({ range: "custom", from: start, to: end }); }} />
      <Chips filters={filters} change={change} />
      {isFiltered && (
        <button type="button" className="bare link small" onClick={() => {
          change({ status: null, payment_method: null, currency: null, customer_id: null, product_id: null, search: null, range: "all", from: null, to: null });
        }}>{t.list.clear}</button>
      )}
    </search>
  );
}
