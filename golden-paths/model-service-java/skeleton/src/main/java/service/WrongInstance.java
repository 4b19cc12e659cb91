package service;

/** An instance is not what the model takes; the message says where. */
final class WrongInstance extends RuntimeException {
  private static final long serialVersionUID = 1;

  WrongInstance(String message) {
    super(message);
  }
}
