title="a person disables the subscription of reverse replication"
letter=E lasts=10 places="back_prepare" runbooks=logical-switchover
fault() { source_sql "alter subscription $(subscription) disable"; }
took_effect() { [ "$(source_sql "select subenabled from pg_subscription where subname = '$(subscription)'")" = f ]; }
heal() { [ -z "$(subscription)" ] || source_sql "alter subscription $(subscription) enable"; }
subscription() { source_sql "select subname from pg_subscription where subname like 'pgcleave%'"; }
