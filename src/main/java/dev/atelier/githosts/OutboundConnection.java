package dev.atelier.githosts;

import dev.atelier.platform.net.OutboundHttp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.URL;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;
import org.eclipse.jgit.transport.http.HttpConnection;
import org.eclipse.jgit.util.io.LimitedInputStream;
import org.jspecify.annotations.Nullable;

/**
 * One request of JGit's, made by the portal's own client: its rules about addresses hold, and
 * whatever JGit would set of its own about them does not.
 */
final class OutboundConnection implements HttpConnection {

    /** Answers are not packed: what is unpacked has no limit. */
    private static final Set<String> NOT_SENT =
            Set.of("accept-encoding", "content-length", "transfer-encoding", "expect", "host");

    private final OutboundHttp http;
    private final URL url;
    private final Duration patience;
    private final long most;
    private final Map<String, String> headers = new TreeMap<>();
    private @Nullable ByteArrayOutputStream sent;
    private String method = "GET";
    private OutboundHttp.@Nullable Opened answer;

    /**
     * @param most bytes of the answer
     */
    OutboundConnection(OutboundHttp http, URL url, Duration patience, long most) {
        this.http = http;
        this.url = url;
        this.patience = patience;
        this.most = most;
    }

    private OutboundHttp.Opened answer() throws IOException {
        var known = answer;
        if (known == null) {
            var body = sent;
            known =
                    http.open(
                            url.toString(),
                            headers,
                            method.equals("POST")
                                    ? body == null ? new byte[0] : body.toByteArray()
                                    : null,
                            patience);
            answer = known;
        }
        return known;
    }

    /** 0 where nothing was asked. */
    int status() {
        var known = answer;
        return known == null ? 0 : known.status();
    }

    void close() throws IOException {
        var known = answer;
        if (known != null) {
            known.close();
        }
    }

    @Override
    public int getResponseCode() throws IOException {
        return answer().status();
    }

    @Override
    public URL getURL() {
        return url;
    }

    @Override
    public String getResponseMessage() {
        return "";
    }

    @Override
    public Map<String, List<String>> getHeaderFields() {
        var known = answer;
        return known == null
                ? Map.of()
                : known.headers().entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, e -> List.of(e.getValue())));
    }

    @Override
    public void setRequestProperty(String key, String value) {
        var name = key.toLowerCase(Locale.ROOT);
        if (!NOT_SENT.contains(name)) {
            headers.put(name, value);
        }
    }

    @Override
    public void setRequestMethod(String method) throws ProtocolException {
        if (!method.equals("GET") && !method.equals("POST")) {
            throw new ProtocolException("Git has no request " + method);
        }
        this.method = method;
    }

    @Override
    public @Nullable String getContentType() {
        return getHeaderField("content-type");
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new LimitedInputStream(answer().body(), most) {
            @Override
            protected void limitExceeded() throws IOException {
                throw new IOException(
                        "The repository sends more than %d MB.".formatted(limit >> 20));
            }
        };
    }

    @Override
    public @Nullable String getHeaderField(String name) {
        var known = answer;
        return known == null ? null : known.headers().get(name.toLowerCase(Locale.ROOT));
    }

    @Override
    public List<String> getHeaderFields(String name) {
        var value = getHeaderField(name);
        return value == null ? List.of() : List.of(value);
    }

    @Override
    public int getContentLength() {
        return -1;
    }

    @Override
    public OutputStream getOutputStream() {
        var body = sent;
        if (body == null) {
            body = new ByteArrayOutputStream();
            sent = body;
        }
        return body;
    }

    @Override
    public String getRequestMethod() {
        return method;
    }

    @Override
    public boolean usingProxy() {
        return false;
    }

    @Override
    public void connect() throws IOException {
        answer();
    }

    // What the portal's client decides itself
    // ------------------------------------------------------

    @Override
    public void setUseCaches(boolean usecaches) {}

    @Override
    public void setConnectTimeout(int timeout) {}

    @Override
    public void setReadTimeout(int timeout) {}

    @Override
    public void setInstanceFollowRedirects(boolean followRedirects) {}

    @Override
    public void setDoOutput(boolean dooutput) {}

    @Override
    public void setFixedLengthStreamingMode(int contentLength) {}

    @Override
    public void setChunkedStreamingMode(int chunklen) {}

    @Override
    public void configure(KeyManager[] km, TrustManager[] tm, SecureRandom random) {}

    @Override
    public void setHostnameVerifier(HostnameVerifier hostnameverifier) {}
}
