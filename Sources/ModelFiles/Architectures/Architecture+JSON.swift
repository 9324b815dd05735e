import Networks

extension Architecture {
  /// Reads an architecture as `vidclass info --json` prints it, from a file that is not trusted.
  ///
  /// - Parameter source: what messages call it.
  /// - Throws: `format`, with the layer and field that cannot be.
  public init(json bytes: [UInt8], source: String) throws(ModelFileError) {
    do throws(BoundedJSON.Failure) {
      self = try BoundedJSON.decode(bytes)
    } catch {
      throw ModelFileError(
        .format, path: source,
        "is not an architecture as vidclass info --json prints it (it \(error.reason))")
    }
  }
}
