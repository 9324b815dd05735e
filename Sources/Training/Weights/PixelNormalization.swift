import ClipSampling

// What a user says of the pixels that weights of elsewhere have learned from.
extension Preprocessing.Normalization {
  /// Throws for values that no pixel from 0 to 1 was ever normalised by.
  func requireBounds() throws(TrainingError) {
    guard case .fixed(let mean, let std) = self else { return }
    guard mean.allSatisfy({ (0...1).contains($0) }) else {
      throw TrainingError(
        .usage, "`mean` must be from 0 to 1 for each colour, of pixels from 0 to 1")
    }
    guard std.allSatisfy({ (0.001...10).contains($0) }) else {
      throw TrainingError(
        .usage, "`std` must be from 0.001 to 10 for each colour, of pixels from 0 to 1")
    }
  }

  /// This one, which has as many values as a clip has colours.
  func fitting(_ preprocessing: Preprocessing) throws(TrainingError) -> Self {
    guard case .fixed(let mean, let std) = self else { return self }
    let colours = preprocessing.colorChannels
    for (option, values) in [("`mean`", mean), ("`std`", std)] where values.count != colours {
      throw TrainingError(
        .usage,
        "\(option) (or `pixels`) has \(values.count) values; the network reads \(colours) "
          + "colour\(colours == 1 ? "" : "s")")
    }
    return self
  }
}
