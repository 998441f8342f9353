-- Merchants that are on their way from or to another server. Needs data.moves.

create view ops.unfinished_moves with (security_barrier = true) as
select
    m.merchant_id,
    case when m.is_arrival then 'from' else 'to' end as direction,
    m.other_server,
    m.started_at,
    m.switched_at
from data.moves as m
where m.finished_at is null;

comment on view ops.unfinished_moves is 'Merchants that are on their way from or to another server: molam shards move, run again, finishes that.';
comment on column ops.unfinished_moves.merchant_id is 'The merchant.';
comment on column ops.unfinished_moves.direction is 'from: it comes from there; to: it goes there.';
comment on column ops.unfinished_moves.other_server is 'The name of the other server.';
comment on column ops.unfinished_moves.started_at is 'When the move began.';
comment on column ops.unfinished_moves.switched_at is 'Since when it is where it goes, and only what is left where it was is to be removed; null: not yet.';
grant select on ops.unfinished_moves to molam_dba;
