-- Tables and indexes: size, dead rows, and how much of the size would go if they were written anew.
-- Needs ops.needed_bytes().

create view ops.bloat with (security_barrier = true) as
select
    c.relname::text as relation,
    case c.relkind when 'i' then 'index' else 'table' end as kind,
    pg_relation_size(c.oid) as bytes,
    greatest(c.reltuples, 0)::bigint as estimated_rows,
    s.n_dead_tup as dead_rows,
    (s.n_dead_tup / nullif(s.n_live_tup + s.n_dead_tup, 0)::numeric)::numeric(5, 4) as dead_share,
    greatest(pg_relation_size(c.oid) - ops.needed_bytes(c.oid), 0) as estimated_bloat_bytes,
    greatest(s.last_vacuum, s.last_autovacuum) as last_vacuum_at,
    greatest(s.last_analyze, s.last_autoanalyze) as last_analyze_at
from pg_class as c
left join pg_stat_all_tables as s on c.oid = s.relid
where c.relnamespace = 'data'::regnamespace and c.relkind in ('r', 'i');

comment on view ops.bloat is
'Tables and indexes of schema data. The bloat is estimated from the statistics of the last analyze (average widths, number of rows), without reading the pages: good for large relations, and only to see what grows. Free room that the fill factor leaves is not bloat. What repeats its keys in an index needs less than estimated.';
comment on column ops.bloat.relation is 'Table or index in schema data.';
comment on column ops.bloat.kind is 'table or index.';
comment on column ops.bloat.bytes is 'Size on disk, of a table without its indexes and what lies in TOAST.';
comment on column ops.bloat.estimated_rows is 'Rows by the last analyze or vacuum.';
comment on column ops.bloat.dead_rows is 'Dead rows that vacuum has not cleaned up yet; null for an index.';
comment on column ops.bloat.dead_share is 'Part of the rows that is dead, 0 to 1; null for an index, and when empty.';
comment on column ops.bloat.estimated_bloat_bytes is 'About how much smaller it would be if written anew (reindex concurrently, vacuum full); null before the first analyze.';
comment on column ops.bloat.last_vacuum_at is 'Last vacuum, by hand or automatic.';
comment on column ops.bloat.last_analyze_at is 'Last analyze, by hand or automatic.';
grant select on ops.bloat to molam_dba;
