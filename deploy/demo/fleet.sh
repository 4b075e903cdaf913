# shellcheck shell=bash
# The fleet of the demonstration (run.sh --fleet): three shards of a Redis Cluster with a replica each,
# and a master with a replica that three sentinels watch. Read by run.sh, whose functions and variables
# it uses.
# shellcheck disable=SC2154

nodes=()     # ports of the cluster's nodes: three masters, then their replicas
sentinels=() # ports of the sentinels
orders=()    # ports of the master and the replica that the sentinels watch

# start_node N: a node of the cluster; its bus has a port of its own, which is then $bus_port.
start_node() {
  choose_port
  bus_port=$port
  start_redis "node-$1" --cluster-enabled yes --cluster-port "$bus_port" \
    --cluster-node-timeout 2000 --cluster-config-file nodes.conf --repl-diskless-sync-delay 0
}

start_cluster() {
  local i first
  local -a ids=() buses=()
  for i in {0..5}; do
    start_node "$i"
    nodes+=("$port")
    buses+=("$bus_port")
    ids+=("$(redis-cli -p "$port" cluster myid)")
  done
  for i in {0..2}; do
    first=$((i * 5461))
    redis-cli -p "${nodes[i]}" cluster addslotsrange "$first" $((i < 2 ? first + 5460 : 16383)) >/dev/null
  done
  for i in {1..5}; do
    redis-cli -p "${nodes[0]}" cluster meet 127.0.0.1 "${nodes[i]}" "${buses[i]}" >/dev/null
  done
  for i in {3..5}; do
    until_true 30 "node-$i" 'did not get to know the others' knows_nodes "${nodes[i]}"
    redis-cli -p "${nodes[i]}" cluster replicate "${ids[i - 3]}" >/dev/null
  done
  for i in {0..5}; do
    until_true 30 "node-$i" 'saw no cluster that is ok' sees_cluster "${nodes[i]}"
  done
}
knows_nodes() {
  local known
  known=$(redis-cli -p "$1" cluster nodes)
  [[ $known != *handshake* && $(wc -l <<<"$known") == 6 ]]
}
sees_cluster() {
  local info
  info=$(redis-cli -p "$1" cluster info)
  [[ $info == *cluster_state:ok* && $info == *cluster_known_nodes:6* ]]
}

# start_sentinel N MASTER_PORT
start_sentinel() {
  local name=sentinel-$1
  mkdir "$folder/$name.d"
  for _ in {1..20}; do
    choose_port
    cat >"$folder/$name.conf" <<CONF
port $port
bind 127.0.0.1
dir $folder/$name.d
sentinel monitor orders 127.0.0.1 $2 2
sentinel down-after-milliseconds orders 2000
sentinel failover-timeout orders 10000
CONF
    start "$name" redis-server "$folder/$name.conf" --sentinel
    while alive "$name"; do
      if [[ $(redis-cli -p "$port" ping 2>/dev/null) == PONG ]]; then
        sentinels+=("$port")
        return 0
      fi
      pause 0.05
    done
  done
  give_up "$name" 'did not start'
}

start_orders() {
  local i
  for i in 0 1; do
    start_redis "orders-$i" --repl-diskless-sync-delay 0 ${orders:+--replicaof 127.0.0.1 "${orders[0]}"}
    orders+=("$port")
  done
  for i in 0 1 2; do start_sentinel "$i" "${orders[0]}"; done
  for i in 0 1 2; do
    until_true 30 "sentinel-$i" 'did not find the others' knows_all "${sentinels[i]}"
  done
}
knows_all() { [[ $(redis-cli -p "$1" info sentinel) == *slaves=1,sentinels=3* ]]; }

# Keys and some traffic, of which the first shard has most.
start_shoppers() {
  local i
  for i in {1..400}; do printf 'set catalog:acme:%d %0200d ex 3600\n' "$i" "$i"; done |
    redis-cli -c -p "${nodes[0]}" >/dev/null
  for i in 0 1 2; do
    start "shopper-$i" redis-cli -p "${nodes[i]}" -r -1 -i "0.$((i + 1))" dbsize
  done
}

start_fleet() {
  [[ -n $with_fleet ]] || return 0
  start_cluster
  start_orders
  start_shoppers
}

# Their entries among the targets.
fleet_targets() {
  [[ -n $with_fleet ]] || return 0
  local urls
  urls=$(printf '"redis://127.0.0.1:%s", ' "${sentinels[@]}")
  printf '  - sentinel: {urls: [%s], masters: [orders]}\n' "${urls%, }"
  urls=$(printf '"redis://127.0.0.1:%s", ' "${nodes[@]:0:2}")
  printf '  - cluster: {name: shop, urls: [%s]}\n' "${urls%, }"
}

# When the shift comes, sentinels make the replica the master.
fail_orders_over() {
  [[ -n $with_fleet ]] || return 0
  tell 'now a sentinel is asked to fail the master of orders over'
  redis-cli -p "${sentinels[0]}" sentinel failover orders >/dev/null || true
}
