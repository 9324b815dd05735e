/// Finds a network's tensors in what a PyTorch file holds.
struct StateDictionary {
  /// Keys under which training scripts keep them beside other things, the first that is there.
  private static let keys = ["state_dict", "model_state_dict", "model"]
  private static let prefix = "module."

  private let file: WeightFile
  private let content: PyTorchContent

  init(_ file: WeightFile, _ content: PyTorchContent) {
    self.file = file
    self.content = content
  }

  /// Names and positions in the heap, without the prefix that `DataParallel` puts before all names.
  func tensors() throws(ModelFileError) -> [(name: String, tensor: Int)] {
    let (pairs, place) = try find()
    var tensors: [(name: String, tensor: Int)] = []
    for (key, value) in pairs {
      guard case .text(let name) = key else {
        throw error("\(place)has \(key.kind) as a key where the name of a tensor was expected")
      }
      guard case .tensor(let tensor) = value else {
        throw error(
          "\(place)has \(value.kind) as \(PickleReader.short(name)) where a tensor was expected")
      }
      tensors.append((name, tensor))
    }
    if tensors.isEmpty { throw error("\(place)has no tensors") }
    if tensors.count > SafeTensors.Limit.tensors {
      throw error("\(place)has more than \(SafeTensors.Limit.tensors) tensors")
    }
    if tensors.allSatisfy({ $0.name.hasPrefix(StateDictionary.prefix) }) {
      tensors = tensors.map {
        (String($0.name.dropFirst(StateDictionary.prefix.count)), $0.tensor)
      }
    }
    var seen: Set<String> = []
    for (name, _) in tensors {
      if name.isEmpty || name == SafeTensors.metadataKey || !seen.insert(name).inserted {
        throw error("\(place)has the name '\(PickleReader.short(name))' twice, or it is reserved")
      }
    }
    return tensors
  }

  /// The entries of the dictionary of tensors, and what messages put before what it has.
  private func find() throws(ModelFileError) -> (
    pairs: [(key: PickleValue, value: PickleValue)], place: String
  ) {
    guard case .dictionary(let root) = content.root else {
      throw error("holds \(content.root.kind) where a dictionary of tensors was expected")
    }
    let pairs = content.heap.dictionaries[root]
    var others: [(key: String, value: PickleValue)] = []
    for key in StateDictionary.keys {
      let values = pairs.filter { if case .text(key) = $0.key { true } else { false } }
      if values.count > 1 { throw error("has the key \(key) twice") }
      if let value = values.first?.value {
        if case .dictionary(let index) = value {
          return (content.heap.dictionaries[index], "its dictionary \(key) ")
        }
        others.append((key, value))
      }
    }
    if let other = others.first, case .opaque = other.value {
      throw error(
        "has \(other.value.kind) as \(other.key) where a dictionary of tensors was expected")
    }
    let holdsTensors = pairs.contains { if case .tensor = $0.value { true } else { false } }
    if !holdsTensors && !pairs.isEmpty {
      throw error(
        "has no tensors, and no dictionary of tensors under any of the keys "
          + StateDictionary.keys.joined(separator: ", "))
    }
    return (pairs, "")
  }

  private func error(_ what: String) -> ModelFileError {
    file.error(.format, "\(what); save the state_dict: torch.save(model.state_dict(), …)")
  }
}
