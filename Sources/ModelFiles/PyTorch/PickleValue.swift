/// What a pickle can hold here: numbers, texts, containers, and names that stand for things of
/// Python which are never made.
///
/// Containers, tensors and storages lie in a `PickleHeap` and a value holds only their position in
/// it. So a memo hands out references and never copies, containers that hold themselves are
/// harmless, and letting go of deep nesting does not go deep.
enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  /// A whole number of more than 64 bits, little-endian in two's complement.
  case longInteger([UInt8])
  case float(Double)
  case text(String)
  /// A list of `PickleHeap.sequences`.
  case list(Int)
  /// A tuple of `PickleHeap.sequences`.
  case tuple(Int)
  /// A dictionary of `PickleHeap.dictionaries`, ordered or not.
  case dictionary(Int)
  /// A class or function by its name, for instance `collections.OrderedDict`.
  case global(String)
  /// Something that was not made, by the name of what would have made it.
  case opaque(String)
  /// A storage of `PickleHeap.storages`.
  case storage(Int)
  /// A tensor of `PickleHeap.tensors`.
  case tensor(Int)

  /// As messages call it.
  var kind: String {
    switch self {
    case .none: "None"
    case .boolean: "a truth value"
    case .integer, .longInteger: "a whole number"
    case .float: "a number"
    case .text: "a text"
    case .list: "a list"
    case .tuple: "a tuple"
    case .dictionary: "a dictionary"
    case .global(let name): "the name \(PickleReader.short(name))"
    case .opaque(let name): "an unsupported object \(PickleReader.short(name))"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }
}

/// What the values of one pickle refer to.
struct PickleHeap {
  /// Elements of a storage: what its persistent id says of it.
  struct Storage {
    let key: String
    let element: PyTorchElement
    /// Elements, not bytes.
    let count: Int
  }

  /// A view of a storage: what `torch._utils._rebuild_tensor_v2` is given, not yet checked.
  struct Tensor {
    let storage: Int
    /// In elements.
    let offset: Int
    /// Tuples or lists of `sequences`.
    let size: Int
    let stride: Int
  }

  /// Bytes of a value, and of one in an array that grows: while it moves, the old one is there too.
  static let value = MemoryLayout<PickleValue>.stride
  static let growingValue = 5 * value / 2
  /// Bytes of a container without what is in it: its buffer, and its place among all.
  static let container = 64

  /// Bytes that its values may take. A tensor takes about two thousand, and a hundred in the file.
  let mostBytes: Int
  /// Bytes that its values take at most.
  private(set) var bytes = 0

  init(fileSize: Int) { mostBytes = fileSize + (12 << 20) }

  /// Bytes of a text beside its value, which holds short ones.
  static func bytes(of text: String) -> Int { text.utf8.count < 16 ? 0 : 48 + text.utf8.count }

  /// Counts bytes that are about to be taken; false where they are too many.
  mutating func take(_ count: Int) -> Bool {
    bytes += count
    return bytes <= mostBytes
  }

  var sequences: [[PickleValue]] = []
  /// Pairs in the order in which they were set.
  var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  var tensors: [Tensor] = []
  private(set) var storages: [Storage] = []
  private var storageByKey: [String: Int] = [:]

  func storage(_ key: String) -> Int? { storageByKey[key] }

  /// The position of a storage, each key once; nil where the key had another type or size before.
  mutating func add(_ storage: Storage) -> Int? {
    if let index = storageByKey[storage.key] {
      let known = storages[index]
      return known.element == storage.element && known.count == storage.count ? index : nil
    }
    storages.append(storage)
    storageByKey[storage.key] = storages.count - 1
    return storages.count - 1
  }

  /// The elements of a tuple or list.
  func elements(_ value: PickleValue) -> [PickleValue]? {
    switch value {
    case .list(let index), .tuple(let index): sequences[index]
    default: nil
    }
  }
}
