package service;

import jakarta.ws.rs.ProcessingException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jboss.resteasy.reactive.ClientWebApplicationException;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Tells whoever calls what went wrong, and whether to come again. */
class Troubles {

  @ServerExceptionMapper
  Response wrong(WrongInstance e) {
    return answer(422, e.getMessage());
  }

  @ServerExceptionMapper
  Response refused(ClientWebApplicationException e) {
    return answer(502, "The model's server answers " + e.getResponse().getStatus());
  }

  @ServerExceptionMapper
  Response away(ProcessingException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof TimeoutException) {
        return answer(504, "The model does not answer in time");
      }
    }
    return answer(503, "The model cannot be reached");
  }

  private static Response answer(int status, String detail) {
    var response =
        Response.status(status).type(MediaType.APPLICATION_JSON).entity(Map.of("detail", detail));
    return (status > 502 ? response.header("Retry-After", 5) : response).build();
  }
}
