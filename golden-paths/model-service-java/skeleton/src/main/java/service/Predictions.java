package service;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.List;
import java.util.Map;

/** The web service. */
@Path("/")
@RunOnVirtualThread
public class Predictions {

  private static final int MOST = 1_000;

  /** Instances to answer, each with the inputs of the model by their names. */
  public record Question(List<ObjectNode> instances) {}

  /** The outputs of the model by their names, for each instance in its order. */
  public record Answer(List<ObjectNode> predictions) {}

  private final Model model;

  Predictions(Model model) {
    this.model = model;
  }

  /** Answers with the model. */
  @POST
  @Path("/predictions")
  public Answer predict(Question question) {
    if (question == null
        || question.instances == null
        || question.instances.isEmpty()
        || question.instances.size() > MOST
        || question.instances.contains(null)) {
      throw new WrongInstance("instances lists 1 to %,d objects".formatted(MOST));
    }
    return new Answer(model.predict(question.instances));
  }

  /** Says what the model takes. */
  @GET
  @Path("/model")
  public Map<String, Object> model() {
    return Map.of("inputs", model.inputs());
  }

  /** Says that the service runs. */
  @GET
  @Path("/health/live")
  public Map<String, String> live() {
    return Map.of("status", "ok");
  }

  /** Says that the model answers; 502 to 504 when it does not. */
  @GET
  @Path("/health/ready")
  public Map<String, String> ready() {
    model.ready();
    return Map.of("status", "ok");
  }
}
