/// The client's own module Training has nothing to do with Latent's.
public struct Race {
  public let kilometres: Int
  public init(kilometres: Int) { self.kilometres = kilometres }
}
