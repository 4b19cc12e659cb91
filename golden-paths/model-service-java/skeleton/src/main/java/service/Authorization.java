package service;

import jakarta.ws.rs.client.ClientRequestContext;
import jakarta.ws.rs.client.ClientRequestFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * Sends the token: that of the file {@code MODEL_TOKEN_FILE}, read anew so that it may change, else
 * {@code MODEL_TOKEN}.
 */
public class Authorization implements ClientRequestFilter {

  @Override
  public void filter(ClientRequestContext request) throws IOException {
    var config = ConfigProvider.getConfig();
    var file = config.getOptionalValue("MODEL_TOKEN_FILE", String.class);
    var token =
        file.isPresent()
            ? Files.readString(Path.of(file.get())).strip()
            : config.getOptionalValue("MODEL_TOKEN", String.class).orElse("");
    if (!token.isEmpty()) {
      request.getHeaders().putSingle("Authorization", "Bearer " + token);
    }
  }
}
