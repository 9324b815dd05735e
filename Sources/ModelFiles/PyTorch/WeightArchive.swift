import FileStore

/// The entries of a zip archive as PyTorch writes them: stored without compression. Checksums are not
/// looked at: PyTorch can be told to leave them out.
struct WeightArchive {
  /// The bytes of each entry, by its name.
  let ranges: [String: Range<Int>]

  init(_ file: WeightFile) throws(ModelFileError) {
    let entries: [ZipDirectory.Entry]
    do {
      entries = try ZipDirectory(size: file.size) { try file.bytes($0, at: $1) }.entries
    } catch let flaw as ZipFlaw {
      throw flaw.isTruncated
        ? file.error(.truncated, "is \(flaw.reason): it is cut short; copy it again")
        : file.error(
          .format,
          "is a broken zip archive (\(flaw.reason)); it is damaged or forged: copy it again, or save "
            + "it again with torch.save")
    } catch let error as ModelFileError {
      throw error
    } catch {
      preconditionFailure("a file of weights throws only its own errors, not \(error)")
    }
    if let packed = entries.first(where: { $0.method != 0 }) {
      throw file.error(
        .format,
        "its entry \(PickleReader.short(packed.name)) is compressed (method \(packed.method)), which "
          + "torch.save never does; save it again with torch.save")
    }
    ranges = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.range) })
  }
}
