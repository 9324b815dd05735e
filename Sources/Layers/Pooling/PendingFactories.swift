extension Node {
  public static func mgu(name: String, hidden: Int) -> Node { .relu }
  public static func convLSTM(name: String, filters: Int, kernel: Int) -> Node { .relu }
  public static func selfAttention(name: String, heads: Int) -> Node { .relu }
}
