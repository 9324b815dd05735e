extension PickleReader {
  /// The opcodes that are read, by their bytes.
  enum Opcode: UInt8 {
    case proto = 0x80
    case frame = 0x95
    case stop = 0x2E
    case mark = 0x28
    case pop = 0x30
    case popMark = 0x31
    case none = 0x4E
    case newTrue = 0x88
    case newFalse = 0x89
    /// BININT1, BININT2 and BININT.
    case int1 = 0x4B
    case int2 = 0x4D
    case int4 = 0x4A
    case long1 = 0x8A
    case long4 = 0x8B
    case float = 0x47
    /// SHORT_BINSTRING and BINSTRING: texts of Python 2.
    case shortByteText = 0x55
    case byteText = 0x54
    /// SHORT_BINUNICODE, BINUNICODE and BINUNICODE8.
    case shortText = 0x8C
    case text = 0x58
    case longText = 0x8D
    /// SHORT_BINBYTES, BINBYTES and BINBYTES8.
    case shortBytes = 0x43
    case bytes = 0x42
    case longBytes = 0x8E
    case emptyTuple = 0x29
    case tuple = 0x74
    case tuple1 = 0x85
    case tuple2 = 0x86
    case tuple3 = 0x87
    case emptyList = 0x5D
    case append = 0x61
    case appends = 0x65
    case emptyDictionary = 0x7D
    case setItem = 0x73
    case setItems = 0x75
    case global = 0x63
    case stackGlobal = 0x93
    case reduce = 0x52
    /// NEWOBJ and NEWOBJ_EX.
    case newObject = 0x81
    case newObjectWithKeywords = 0x92
    case build = 0x62
    /// BINPERSID.
    case persistentID = 0x51
    /// BINPUT and LONG_BINPUT.
    case put1 = 0x71
    case put4 = 0x72
    case memoize = 0x94
    /// BINGET and LONG_BINGET.
    case get1 = 0x68
    case get4 = 0x6A

    /// Names of the others, for messages.
    static let refused: [UInt8: String] = [
      0x32: "DUP", 0x46: "FLOAT", 0x49: "INT", 0x4C: "LONG", 0x50: "PERSID", 0x53: "STRING",
      0x56: "UNICODE", 0x64: "DICT", 0x67: "GET", 0x69: "INST", 0x6C: "LIST", 0x6F: "OBJ",
      0x70: "PUT", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x8F: "EMPTY_SET",
      0x90: "ADDITEMS", 0x91: "FROZENSET", 0x96: "BYTEARRAY8", 0x97: "NEXT_BUFFER",
      0x98: "READONLY_BUFFER",
    ]
  }
}
