// Eight rows of an expert times a row of x, a workgroup together: lanes side by side along K. Only what the row has chosen is
// read.
#import matmul-rows
#import choice

const SPAN: u32 = 1u;
const WIDTH: u32 = 32u;           // a power of two
const EXPERT_ROWS: u32 = 8u;      // rows of an expert's matrix
const FIRST_EXPERT: u32 = 0u;     // first one in this part of the matrix
const EXPERTS: u32 = 1u;          // in this part
const CHOSEN: u32 = 1u;           // a row

@group(0) @binding(6) var<storage, read> choices: array<Choice>; // [rows, CHOSEN]

var<workgroup> partial: array<Eight, WIDTH>;

// Adds up what the lanes have; barriers inside.
fn total(mine: Eight, lane: u32) -> Eight {
  partial[lane] = mine;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      partial[lane].a += partial[lane + half].a;
      partial[lane].b += partial[lane + half].b;
    }
    workgroupBarrier();
  }
  return partial[0];
}
