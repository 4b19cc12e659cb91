package service;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.List;
import org.eclipse.microprofile.rest.client.annotation.RegisterProvider;
import org.eclipse.microprofile.rest.client.inject.RegisterRestClient;

/**
 * A model behind the Open Inference Protocol, version 2.
 *
 * @see <a href="https://github.com/open-inference/open-inference-protocol">the protocol</a>
 */
@RegisterRestClient(configKey = "model")
@RegisterProvider(Authorization.class)
interface OpenInference {

  /**
   * An input of the model.
   *
   * @param datatype say {@code FP32} or {@code BYTES}
   * @param shape with the batch as its first dimension; -1 where any size will do
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Input(String name, String datatype, List<Long> shape) {}

  /** What the model takes. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Metadata(List<Input> inputs) {}

  /**
   * A tensor with its values.
   *
   * @param data flat, row by row
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Tensor(String name, String datatype, List<Long> shape, List<JsonNode> data) {}

  /** A call. */
  record Call(List<Tensor> inputs) {}

  /** Its answer. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Answer(List<Tensor> outputs) {}

  @GET
  Metadata metadata();

  @GET
  @Path("/ready")
  JsonNode ready();

  @POST
  @Path("/infer")
  Answer infer(Call call);
}
