// lib/matvec in f32.
#import matvec
