extension FixedWidthInteger {
  /// `value` without its fraction; the nearest number there is where it lies beyond, and 0 for what
  /// is no number.
  ///
  /// The one way from floating point to whole numbers: what a file says may come to anything, and a
  /// plain conversion would stop the program.
  package init(clamping value: some BinaryFloatingPoint) {
    self =
      Self(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : value < 0 ? .min : 0)
  }
}
