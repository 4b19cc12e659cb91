package service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.rest.client.inject.RestClient;

/** Answers instances with the model; what it takes is asked for once. */
@ApplicationScoped
class Model {

  private final OpenInference server;
  private final ObjectMapper json;
  private volatile List<OpenInference.Input> inputs = List.of();

  Model(@RestClient OpenInference server, ObjectMapper json) {
    this.server = server;
    this.json = json;
  }

  List<OpenInference.Input> inputs() {
    var known = inputs;
    if (known.isEmpty()) {
      known = List.copyOf(server.metadata().inputs());
      inputs = known;
    }
    return known;
  }

  /** Throws what {@link Troubles} tells apart when the model does not answer. */
  void ready() {
    server.ready();
  }

  /**
   * The outputs of the model for each instance, by their names.
   *
   * @throws WrongInstance when one is not what the model takes
   */
  List<ObjectNode> predict(List<ObjectNode> instances) {
    var known = inputs();
    var names = known.stream().map(OpenInference.Input::name).toList();
    for (int i = 0; i < instances.size(); i++) {
      for (var member : instances.get(i).properties()) {
        if (!names.contains(member.getKey())) {
          throw new WrongInstance(
              "instances[%d]: the model takes no \"%s\"".formatted(i, member.getKey()));
        }
      }
    }
    var tensors = known.stream().map(input -> tensor(input, instances)).toList();
    var answer = server.infer(new OpenInference.Call(tensors));
    var predictions = new ArrayList<ObjectNode>();
    for (int i = 0; i < instances.size(); i++) {
      var prediction = json.createObjectNode();
      for (var output : answer.outputs()) {
        int size = Math.toIntExact(product(output.shape()));
        var values = output.data().subList(i * size, (i + 1) * size);
        if (size == 1) {
          prediction.set(output.name(), values.getFirst());
        } else {
          prediction.putArray(output.name()).addAll(values);
        }
      }
      predictions.add(prediction);
    }
    return predictions;
  }

  /** Puts the values of all instances into one tensor. */
  private static OpenInference.Tensor tensor(
      OpenInference.Input input, List<ObjectNode> instances) {
    var data = new ArrayList<JsonNode>();
    long size = -1;
    for (int i = 0; i < instances.size(); i++) {
      var where = "instances[%d].%s".formatted(i, input.name());
      var value = instances.get(i).path(input.name());
      if (value.isMissingNode()) {
        throw new WrongInstance(where + " is missing");
      }
      var values = new ArrayList<JsonNode>();
      flatten(value, values);
      values.forEach(one -> check(one, input.datatype(), where));
      long wanted = product(input.shape());
      if ((wanted >= 0 && wanted != values.size()) || (size >= 0 && size != values.size())) {
        throw new WrongInstance(
            "%s has %d values, not %d".formatted(where, values.size(), Math.max(wanted, size)));
      }
      size = values.size();
      data.addAll(values);
    }
    var shape = new ArrayList<>(input.shape());
    shape.set(0, (long) instances.size());
    long open = shape.stream().filter(one -> one < 0).count();
    if (open > 1) {
      throw new WrongInstance(
          "%s has more than one open dimension, which this service does not take"
              .formatted(input.name()));
    }
    if (open == 1) {
      long others = shape.stream().skip(1).filter(one -> one >= 0).reduce(1L, Math::multiplyExact);
      shape.set(shape.indexOf(-1L), size / others);
    }
    return new OpenInference.Tensor(input.name(), input.datatype(), shape, data);
  }

  private static void flatten(JsonNode value, List<JsonNode> values) {
    if (value.isArray()) {
      value.forEach(one -> flatten(one, values));
    } else {
      values.add(value);
    }
  }

  private static void check(JsonNode value, String datatype, String where) {
    var fits =
        switch (datatype) {
          case "BYTES" -> value.isTextual();
          case "BOOL" -> value.isBoolean();
          default ->
              datatype.startsWith("INT") || datatype.startsWith("UINT")
                  ? value.isIntegralNumber()
                  : value.isNumber();
        };
    if (!fits) {
      throw new WrongInstance("%s is %s, and the model takes %s".formatted(where, value, datatype));
    }
  }

  /** Values of one instance; -1 when a dimension is open. */
  private static long product(List<Long> shape) {
    long product = 1;
    for (long size : shape.subList(1, shape.size())) {
      if (size < 0) {
        return -1;
      }
      product = Math.multiplyExact(product, size);
    }
    return product;
  }
}
