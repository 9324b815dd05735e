/// Values that an option has when it is given without one, which the parser has no words for.
enum ArgumentDefaults {
  private static let values = ["--freeze": "trunk"]

  /// The arguments with such values put in.
  static func applied(to arguments: some Collection<String>) -> [String] {
    var result: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      result.append(argument)
      if argument == "--" { return result + rest }
      if let value = values[argument], rest.first?.hasPrefix("-") ?? true { result.append(value) }
    }
    return result
  }
}
