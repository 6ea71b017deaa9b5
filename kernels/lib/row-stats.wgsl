// The best logit and the sum of exp of a whole row of edited logits, from its chunks. Needs partials and CHUNKS.

struct RowStats {
  best: f32,
  best_token: u32,
  sum: f32,                   // relative to best, after temperature
}

fn row_stats(output: u32, inverse_temperature: f32) -> RowStats {
  var stats = RowStats(partials[output * CHUNKS].best, partials[output * CHUNKS].best_token, 0.0);
  for (var c = 1u; c < CHUNKS; c++) {
    let best = partials[output * CHUNKS + c].best;
    if (best > stats.best) {  // the first chunk that has it holds the lowest id
      stats.best = best;
      stats.best_token = partials[output * CHUNKS + c].best_token;
    }
  }
  if (inverse_temperature > 0.0) {
    for (var c = 0u; c < CHUNKS; c++) {
      let part = partials[output * CHUNKS + c];
      stats.sum += part.sum * exp(-distance_of(part.best, stats.best, inverse_temperature));
    }
  }
  return stats;
}
