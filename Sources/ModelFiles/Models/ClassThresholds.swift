public import FileStore

/// The score that each class needs before a model's answer is given: below it the answer is `unknown`.
///
/// A JSON file that people can write too:
/// `{"thresholds": {"run": 0.7, "walk": 0.55, "fall": null}}`, where null says that the class is never
/// given. What else stands beside it is for readers.
public struct ClassThresholds: Sendable, Equatable {
  /// One class.
  public struct Entry: Sendable, Equatable {
    /// The class, as the model names it.
    public let name: String
    /// From 0 to 1; nil where the class is never given.
    public let threshold: Double?

    /// - Parameter threshold: from 0 to 1.
    public init(name: String, threshold: Double?) {
      precondition(threshold.map { (0...1).contains($0) } ?? true, "a threshold is a score")
      self.name = name
      self.threshold = threshold
    }
  }

  /// In the order of the file.
  public let entries: [Entry]
  /// `sha256:…` of the model they were chosen for; nil where that is not said.
  public let model: String?
  /// What they were chosen for, such as `precision=0.95`; nil where that is not said.
  public let goal: String?

  /// More bytes than a million classes need are no such file.
  private static let most = 1 << 26

  /// - Parameter entries: no class twice.
  public init(_ entries: [Entry], model: String? = nil, goal: String? = nil) {
    precondition(Set(entries.map(\.name)).count == entries.count, "each class once")
    self.entries = entries
    self.model = model
    self.goal = goal
  }

  /// Writes them in one step.
  public func write(to path: String) throws(FileStoreError) {
    var lines: [String] = []
    if let goal { lines.append("  \"goal\": \(JSONValue.string(goal).text)") }
    if let model { lines.append("  \"model\": \(JSONValue.string(model).text)") }
    let thresholds = entries.map { entry in
      let value = entry.threshold.map { JSONValue.number($0).text } ?? "null"
      return "    \(JSONValue.string(entry.name).text): \(value)"
    }
    lines.append("  \"thresholds\": {\n" + thresholds.joined(separator: ",\n") + "\n  }")
    try AtomicFile.write("{\n" + lines.joined(separator: ",\n") + "\n}\n", to: path)
  }

  /// Reads such a file.
  ///
  /// - Throws: an error that names the byte or the class that is wrong.
  public init(reading path: String) throws(ModelFileError) {
    let bytes: [UInt8]
    do throws(FileStoreError) {
      // Without the byte order mark that some editors put before it.
      bytes = Array(try RegularFile.readText(path, maximumBytes: ClassThresholds.most).utf8)
    } catch { throw ModelFileError(error) }
    let json: JSONValue
    do throws(JSONError) { json = try JSONValue(parsing: bytes) } catch {
      throw ModelFileError(
        .format, path: path, "byte \(error.offset): \(error.message); expected a file of thresholds"
      )
    }
    func fail(_ detail: String) -> ModelFileError { ModelFileError(.format, path: path, detail) }
    guard let members = json.members else {
      throw fail(
        "is not an object with \"thresholds\"; expected {\"thresholds\": {\"class\": 0.7}}")
    }
    let all = members.filter { $0.key == "thresholds" }
    guard all.count == 1, let thresholds = all[0].value.members, !thresholds.isEmpty else {
      throw fail(
        all.count > 1
          ? "\"thresholds\" stands there twice; leave one"
          : "has no \"thresholds\" with a class; expected {\"thresholds\": {\"class\": 0.7}}")
    }
    var entries: [Entry] = []
    var seen = Set<String>()
    for member in thresholds {
      guard seen.insert(member.key).inserted else {
        throw fail("thresholds: the class \"\(member.key)\" stands there twice; leave one")
      }
      if member.value == .null {
        entries.append(Entry(name: member.key, threshold: nil))
        continue
      }
      guard let value = member.value.doubleValue, (0...1).contains(value) else {
        let found = String(member.value.text.prefix(40))
        throw fail(
          "thresholds: \"\(member.key)\" is \(found); expected a number from 0 to 1, or null "
            + "where the class is never given")
      }
      entries.append(Entry(name: member.key, threshold: value))
    }
    self.entries = entries
    model = json["model"]?.stringValue
    goal = json["goal"]?.stringValue
  }

  /// One for each of a model's classes, in their order: infinite where a class is never given, and
  /// `otherwise` where nothing is said of it.
  ///
  /// - Parameter path: the file they are of, for the error.
  /// - Throws: an error where a class is none of the model's.
  public func values(
    for classes: [String], otherwise: Double, path: String
  ) throws(ModelFileError) -> [Double] {
    let known = Set(classes)
    if let stranger = entries.first(where: { !known.contains($0.name) }) {
      throw ModelFileError(
        .mismatch, path: path,
        "thresholds: \"\(stranger.name)\" is not a class of the model "
          + "(\(classes.prefix(5).joined(separator: ", "))\(classes.count > 5 ? ", …" : ""))")
    }
    let chosen = Dictionary(
      entries.map { ($0.name, $0.threshold ?? .infinity) }, uniquingKeysWith: { first, _ in first })
    return classes.map { chosen[$0] ?? otherwise }
  }
}
