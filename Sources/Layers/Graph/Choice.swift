/// One of a few words in a file; another word is refused with those that there are.
public protocol Choice: Codable, CaseIterable, Hashable, RawRepresentable<String> {}

extension Choice {
  public init(from decoder: any Decoder) throws {
    let word = try decoder.singleValueContainer().decode(String.self)
    guard let choice = Self(rawValue: word) else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "must be \(Self.allCases.map(\.rawValue).joined(separator: " or ")), "
            + "not \"\(word.prefix(40))\""))
    }
    self = choice
  }
}
