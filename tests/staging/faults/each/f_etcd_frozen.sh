title="etcd stands still for some seconds"
letter=F lasts=7 places="prepare gate paused promote promoted taken back_released back_then"
fault() { freeze etcd; }
took_effect() { is_frozen etcd; }
heal() { thaw etcd; sleep 2; }
