extension Node {
  public static func lstm(name: String, hidden: Int, bidirectional: Bool) -> Node { .relu }
  public static func gru(name: String, hidden: Int) -> Node { .relu }
  public static func peepholeLSTM(name: String, hidden: Int) -> Node { .relu }
  public static func cifgLSTM(name: String, hidden: Int) -> Node { .relu }
  public static func layerNormLSTM(name: String, hidden: Int) -> Node { .relu }
  public static func mgu(name: String, hidden: Int) -> Node { .relu }
  public static func convLSTM(name: String, filters: Int, kernel: Int) -> Node { .relu }
  public static func selfAttention(name: String, heads: Int) -> Node { .relu }
}
