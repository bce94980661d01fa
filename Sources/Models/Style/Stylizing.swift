import LatentSystem
import Layers
import Tensor
import Training

/// A model that gives images of any size a style.
public protocol Stylizing: GenerativeModel {
  /// The channels of an image.
  var imageChannels: Int { get }
  /// The least height and width of an image.
  var leastImageSize: Int { get }

  /// Images in the style: `[N, H, W, C]` → `[N, H, W, C]`, in 0...1.
  func stylize(_ images: Tensor, with state: State) -> Tensor
}

extension TrainedModel {
  /// Images in the style that the model has learned: `[N, H, W, C]` → `[N, H, W, C]`, of any height and width, in 0...1.
  ///
  /// Large ones are made in parts, in the memory that a part takes.
  /// - Throws: ``CapabilityError`` if the model has learned no style, or the images are too small or of other channels.
  public func stylize(_ images: Tensor) throws -> Tensor {
    guard let model = model as? any Stylizing else {
      throw CapabilityError("\(kind) cannot stylize: it was not trained to")
    }
    let least = model.leastImageSize
    guard images.rank == 4, images.shape[0] > 0, images.shape[3] == model.imageChannels,
      min(images.shape[1], images.shape[2]) >= least
    else {
      throw CapabilityError(
        "\(kind) cannot stylize: expected images [N, H, W, \(model.imageChannels)] of \(least)×\(least) pixels or more, "
          + "found \(images.shape)")
    }
    let size = InferenceBatch.size(Tensor.Shape(Array(images.shape.sizes.dropFirst())))
    let parts = stride(from: 0, to: images.shape[0], by: size).map { start in
      model.stylize(images[start..<min(images.shape[0], start + size)], with: state)
    }
    return parts.count == 1 ? parts[0] : Tensor.concatenated(parts)
  }
}

extension StyleTransfer: Stylizing {
  public var imageChannels: Int { configuration.channels }
  public var leastImageSize: Int { StylizingNetwork.leastSize }

  public func stylize(_ images: Tensor, with state: State) -> Tensor {
    stylize(images, with: state, side: 256)
  }

  /// Images whose parts without margins are `side` pixels high and wide, a multiple of 4.
  ///
  /// All parts have the same normalization, or seams would show: that of up to nine parts, evenly spread over the image.
  func stylize(_ images: Tensor, with state: State, side: Int) -> Tensor {
    let context = Context(network, state, mode: .inference)
    let tiles = ImageTiles(margin: stylist.reach, side: side)
    guard max(images.shape[1], images.shape[2]) > side + 2 * tiles.margin else { return stylist(images, in: context) }
    let whole = (0..<images.shape[0]).map { index in
      let image = images[index..<index + 1]
      let moments = MomentSource.recording()
      _ = stylist(Self.spread(image, side: side), in: context, normalizedBy: moments)
      return tiles.map(image, factor: 1) { stylist($0, in: context, normalizedBy: moments.replayed()) }
    }
    return whole.count == 1 ? whole[0] : Tensor.concatenated(whole)
  }

  /// Up to three times three parts of an image, which together show all or much of it.
  private static func spread(_ image: Tensor, side: Int) -> Tensor {
    func parts(_ size: Int) -> [Range<Int>] {
      guard size > side else { return [0..<size] }
      let count = min(3, (size + side - 1) / side)
      return (0..<count).map { part in
        let start = (size - side) * part / (count - 1)
        return start..<start + side
      }
    }
    return Tensor.concatenated(
      parts(image.shape[1]).flatMap { rows in parts(image.shape[2]).map { image[.all, rows, $0] } })
  }
}

/// A style is a direction, too: programs that translate sets of images do it with this model.
extension StyleTransfer: Translating {
  public var directions: [String] { ["stylize"] }

  /// - Precondition: `direction` is one of ``directions``.
  public func translate(_ images: Tensor, direction: String, with state: State) -> Tensor {
    require(direction == "stylize", "translate: direction \(direction); there is stylize only")
    return stylize(images, with: state)
  }
}
