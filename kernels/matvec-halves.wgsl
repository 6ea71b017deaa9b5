enable f16;
// lib/matvec with products in f16 (lib/x-halves).
#import matvec
