// The best of a workgroup's candidates: the largest value, the lowest token among equals. Needs a constant WIDTH.

struct Best {
  value: f32,
  token: u32,
}

const BEST_FAN: u32 = 8u;     // two short serial passes beat a tree of barriers on software adapters

var<workgroup> best_of_lane: array<Best, WIDTH>;
var<workgroup> best_of_fan: array<Best, BEST_FAN>;

fn better(a: Best, b: Best) -> Best {
  if (b.value > a.value || (b.value == a.value && b.token < a.token)) { return b; }
  return a;
}

// Every lane gets the best; barriers inside.
fn best_of_workgroup(mine: Best, lane: u32) -> Best {
  best_of_lane[lane] = mine;
  workgroupBarrier();
  if (lane < BEST_FAN) {
    var best = best_of_lane[lane];
    for (var i = lane + BEST_FAN; i < WIDTH; i += BEST_FAN) { best = better(best, best_of_lane[i]); }
    best_of_fan[lane] = best;
  }
  workgroupBarrier();
  var best = best_of_fan[0];
  for (var i = 1u; i < BEST_FAN; i++) { best = better(best, best_of_fan[i]); }
  return best;
}
