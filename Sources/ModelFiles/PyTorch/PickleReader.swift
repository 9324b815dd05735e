import FileStore

/// Reads a pickle as data: a machine for an allow-list of opcodes that makes numbers, texts,
/// containers and descriptions of tensors, and nothing else.
///
/// Note [Pickles]: a pickle is a program for Python's unpickler whose opcodes GLOBAL, REDUCE,
/// NEWOBJ and BUILD import anything and call it. Here nothing is imported and nothing called: a
/// name is a text, and calling one gives `PickleValue.opaque` with that name, except for the few of
/// `PickleReader+Objects.swift` of which PyTorch's tensors are made. So a checkpoint that also
/// holds an optimiser's objects can be read, and an object is refused only where a tensor is needed.
///
/// What a file can claim is bounded: lengths by the bytes that are left, values, memo and stack by
/// the file's size (`PickleHeap.mostBytes`). Nothing recurses. The opcodes are those that `torch.save` writes with protocols
/// 2 to 5 (https://github.com/python/cpython/blob/main/Lib/pickletools.py).
struct PickleReader {
  enum Limit {
    /// Values that are ever put on the stack: about thirty for each tensor.
    static let values = 1 << 20
    /// Marks that are open at once.
    static let marks = 1000
    /// Bytes of a name of Python.
    static let name = 1000
    /// Bytes of a whole number.
    static let integer = 255
    /// Bytes of a text that is kept.
    static let text = 1 << 16
  }

  private(set) var cursor: WeightFileCursor
  var heap: PickleHeap
  /// What messages call the pickle.
  private let label: String
  /// Where the opcode in work begins, from the beginning of the pickle.
  private var opcodeOffset = 0
  private let start: Int
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  /// The most values that the stack had.
  private var deepest = 0
  /// Values in the order in which PyTorch remembers them, and those of other indexes.
  private var memo: [PickleValue] = []
  private var scattered: [Int: PickleValue] = [:]
  private var valuesMade = 0

  init(_ cursor: WeightFileCursor, label: String) {
    self.cursor = cursor
    self.label = label
    heap = PickleHeap(fileSize: cursor.file.size)
    start = cursor.position
  }

  /// Runs to STOP; the cursor is then behind it.
  mutating func read() throws(ModelFileError) -> PickleValue {
    opcodeOffset = 0
    guard try cursor.next() == Opcode.proto.rawValue, let version = try cursor.next(),
      (2...5).contains(version)
    else { throw failure("does not begin as a pickle of protocol 2 to 5") }
    while true {
      opcodeOffset = cursor.position - start
      let byte = try byte()
      guard let opcode = Opcode(rawValue: byte) else {
        let name = Opcode.refused[byte] ?? "0x" + String(byte, radix: 16)
        throw failure("has the opcode \(name), which torch.save does not write")
      }
      if opcode == .stop { break }
      try run(opcode)
    }
    guard stack.count == 1, marks.isEmpty else {
      throw failure("ends with \(stack.count) values where one was expected")
    }
    return stack[0]
  }

  private mutating func run(_ opcode: Opcode) throws(ModelFileError) {
    switch opcode {
    case .proto: throw failure("has a second PROTO")
    case .stop: preconditionFailure("read() ends at STOP")
    case .frame: _ = try length(8)
    case .mark:
      if marks.count == Limit.marks { throw failure("is nested deeper than \(Limit.marks)") }
      marks.append(stack.count)
    case .pop: _ = try pop()
    case .popMark: _ = try popToMark()
    case .none: try push(.none)
    case .newTrue: try push(.boolean(true))
    case .newFalse: try push(.boolean(false))
    case .int1: try push(.integer(Int(try byte())))
    case .int2: try push(.integer(Int(try number(2))))
    case .int4: try push(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
    case .long1, .long4: try pushLong(opcode == .long1 ? 1 : 4)
    case .float: try push(.float(Double(bitPattern: try number(8).byteSwapped)))
    case .shortText, .shortByteText: try pushText(1)
    case .text, .byteText: try pushText(4)
    case .longText: try pushText(8)
    case .shortBytes: try pushBytes(1)
    case .bytes: try pushBytes(4)
    case .longBytes: try pushBytes(8)
    case .emptyTuple: try push(try tuple([]))
    case .tuple: try push(try tuple(try popToMark()))
    case .tuple1: try push(try tuple(try pop(1)))
    case .tuple2: try push(try tuple(try pop(2)))
    case .tuple3: try push(try tuple(try pop(3)))
    case .emptyList: try push(try list())
    case .append: try append(try pop(1))
    case .appends: try append(try popToMark())
    case .emptyDictionary: try push(try dictionary([]))
    case .setItem: try set(try pop(2))
    case .setItems: try set(try popToMark())
    case .global: try pushGlobal()
    case .stackGlobal:
      let names = try pop(2)
      guard case .text(let module) = names[0], case .text(let name) = names[1],
        module.utf8.count + name.utf8.count < Limit.name
      else { throw failure("names a global with something other than two short texts") }
      try push(.global(module + "." + name))
    case .reduce:
      let call = try pop(2)
      try push(try reduced(call[0], call[1]))
    case .newObject:
      let call = try pop(2)
      try push(.opaque(name(of: call[0])))
    case .newObjectWithKeywords:
      let call = try pop(3)
      try push(.opaque(name(of: call[0])))
    case .build: try build(try pop())
    case .persistentID: try push(try persistent(try pop()))
    case .put1: try put(Int(try byte()))
    case .put4: try put(Int(try number(4)))
    case .memoize: try put(memo.count + scattered.count)
    case .get1: try get(Int(try byte()))
    case .get4: try get(Int(try number(4)))
    }
  }

  // MARK: Stack

  private mutating func push(_ value: PickleValue) throws(ModelFileError) {
    try charge(1)
    if case .text(let text) = value { try take(PickleHeap.bytes(of: text)) }
    if case .global(let name) = value { try take(PickleHeap.bytes(of: name)) }
    if case .longInteger(let bytes) = value { try take(32 + bytes.count) }
    if stack.count == deepest {
      deepest += 1
      try take(PickleHeap.growingValue)
    }
    stack.append(value)
  }

  /// Counts bytes that values take.
  mutating func take(_ count: Int) throws(ModelFileError) {
    if !heap.take(count) {
      throw failure("makes more values than a file of \(cursor.file.size) bytes justifies")
    }
  }

  /// Counts values that are made.
  mutating func charge(_ count: Int) throws(ModelFileError) {
    valuesMade += count
    if valuesMade > Limit.values { throw failure("holds more than \(Limit.values) values") }
  }

  private mutating func pop() throws(ModelFileError) -> PickleValue { try pop(1)[0] }

  /// The last `count` values above the last mark, the lowest first.
  private mutating func pop(_ count: Int) throws(ModelFileError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw failure("takes \(count) values from the stack, which has fewer")
    }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  private mutating func popToMark() throws(ModelFileError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw failure("takes values up to a missing mark") }
    let values = Array(stack[mark...])
    stack.removeLast(stack.count - mark)
    return values
  }

  private func top() throws(ModelFileError) -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.last else {
      throw failure("takes a value from the stack, which is empty")
    }
    return value
  }

  private mutating func put(_ index: Int) throws(ModelFileError) {
    let value = try top()
    if index < memo.count {
      memo[index] = value
    } else if index == memo.count {
      try take(PickleHeap.growingValue)
      memo.append(value)
    } else if scattered.updateValue(value, forKey: index) == nil {
      try take(4 * PickleHeap.growingValue)
    }
  }

  private mutating func get(_ index: Int) throws(ModelFileError) {
    guard let value = index < memo.count ? memo[index] : scattered[index] else {
      throw failure("asks for the value \(index), which it has not remembered")
    }
    try push(value)
  }

  // MARK: Containers

  mutating func tuple(_ values: [PickleValue]) throws(ModelFileError) -> PickleValue {
    try take(PickleHeap.container + PickleHeap.value * values.count)
    heap.sequences.append(values)
    return .tuple(heap.sequences.count - 1)
  }

  private mutating func list() throws(ModelFileError) -> PickleValue {
    try take(PickleHeap.container)
    heap.sequences.append([])
    return .list(heap.sequences.count - 1)
  }

  mutating func dictionary(
    _ pairs: [(key: PickleValue, value: PickleValue)]
  ) throws(ModelFileError) -> PickleValue {
    try take(PickleHeap.container + 2 * PickleHeap.growingValue * pairs.count)
    heap.dictionaries.append(pairs)
    return .dictionary(heap.dictionaries.count - 1)
  }

  private mutating func append(_ values: [PickleValue]) throws(ModelFileError) {
    switch try top() {
    case .list(let index):
      try take(PickleHeap.growingValue * values.count)
      if heap.sequences[index].isEmpty {
        heap.sequences[index] = values
      } else {
        heap.sequences[index] += values
      }
    case .opaque: break
    case let other: throw failure("appends to \(other.kind)")
    }
  }

  private mutating func set(_ values: [PickleValue]) throws(ModelFileError) {
    guard values.count.isMultiple(of: 2) else { throw failure("sets a key without a value") }
    switch try top() {
    case .dictionary(let index):
      try take(PickleHeap.growingValue * values.count)
      for key in stride(from: 0, to: values.count, by: 2) {
        heap.dictionaries[index].append((values[key], values[key + 1]))
      }
    case .opaque: break
    case let other: throw failure("sets items of \(other.kind)")
    }
  }

  /// Attributes: those of a dictionary (`_metadata` of a `state_dict`) are not needed, and those of
  /// an object that was not made are nothing's.
  private func build(_ state: PickleValue) throws(ModelFileError) {
    switch try top() {
    case .dictionary, .opaque: break
    case let other: throw failure("sets the state of \(other.kind)")
    }
  }

  // MARK: Bytes

  private mutating func byte() throws(ModelFileError) -> UInt8 {
    guard let byte = try cursor.next() else { throw endsEarly() }
    return byte
  }

  private mutating func number(_ count: Int) throws(ModelFileError) -> UInt64 {
    if count > cursor.left { throw endsEarly() }
    return littleEndian(try cursor.take(count))
  }

  /// A length of `width` bytes, of at most what is left.
  private mutating func length(_ width: Int) throws(ModelFileError) -> Int {
    let length = try number(width)
    guard length <= UInt64(cursor.left) else {
      throw failure("announces \(length) bytes where \(cursor.left) are left", .truncated)
    }
    return Int(length)
  }

  private mutating func pushLong(_ width: Int) throws(ModelFileError) {
    let length = try length(width)
    if length > Limit.integer { throw failure("has a whole number of \(length) bytes") }
    let bytes = try cursor.take(length)
    if length > 8 { return try push(.longInteger(bytes)) }
    let shift = 64 - 8 * length
    try push(
      .integer(length == 0 ? 0 : Int(Int64(bitPattern: littleEndian(bytes) << shift) >> shift)))
  }

  private mutating func pushText(_ width: Int) throws(ModelFileError) {
    let length = try length(width)
    if length > Limit.text {
      cursor.skip(length)
      return try push(.opaque("text of \(length) bytes"))
    }
    guard let text = String(validating: try cursor.take(length), as: UTF8.self) else {
      return try push(.opaque("text that is not UTF-8"))
    }
    try push(.text(text))
  }

  /// Bytes are never part of a tensor here and not kept.
  private mutating func pushBytes(_ width: Int) throws(ModelFileError) {
    let length = try length(width)
    cursor.skip(length)
    try push(.opaque("bytes"))
  }

  private mutating func pushGlobal() throws(ModelFileError) {
    let module = try line()
    try push(.global(module + "." + (try line())))
  }

  private mutating func line() throws(ModelFileError) -> String {
    var bytes: [UInt8] = []
    while true {
      let byte = try byte()
      if byte == UInt8(ascii: "\n") { break }
      bytes.append(byte)
      if bytes.count > Limit.name { throw failure("has a name of more than \(Limit.name) bytes") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw failure("has a name that is not UTF-8")
    }
    return text
  }

  // MARK: Errors

  private func endsEarly() -> ModelFileError { failure("ends before its STOP", .truncated) }

  func failure(_ what: String, _ code: ModelFileError.Code = .format) -> ModelFileError {
    cursor.file.error(
      code,
      "\(label) \(what) (at byte \(opcodeOffset)); the file is damaged or forged, or was not "
        + "written by torch.save: copy it again, or save it again with torch.save")
  }
}
