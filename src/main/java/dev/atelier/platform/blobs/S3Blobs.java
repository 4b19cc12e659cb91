package dev.atelier.platform.blobs;

import dev.atelier.platform.faults.Failpoints;
import dev.atelier.platform.problems.TooLarge;
import dev.atelier.platform.problems.Unavailable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Blobs in a bucket: {@code sha256/<digest>}. Bytes go up once, in parts as they come, to {@code
 * tmp/<id>}, since the address is known only at the end; the store itself copies them there.
 */
final class S3Blobs implements BlobStore {

    /** Smallest part that S3 takes is 5 MiB; 10,000 of these are 78 GiB. */
    private static final int PART = 8 << 20;

    /** Requests that are made inside of transactions. */
    private static final AwsRequestOverrideConfiguration QUICK =
            AwsRequestOverrideConfiguration.builder()
                    .apiCallTimeout(Duration.ofSeconds(15))
                    .build();

    private final S3Client s3;
    private final String bucket;
    private final String prefix;

    private S3Blobs(S3Client s3, String bucket, String prefix) {
        this.s3 = s3;
        this.bucket = bucket;
        this.prefix = prefix;
    }

    static S3Blobs create(BlobsConfig.S3 config) {
        var bucket =
                config.bucket()
                        .orElseThrow(
                                () ->
                                        new IllegalStateException(
                                                "ATELIER_BLOBS=s3 needs ATELIER_S3_BUCKET."));
        var builder =
                S3Client.builder()
                        .region(Region.of(config.region()))
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                        .httpClientBuilder(
                                UrlConnectionHttpClient.builder()
                                        .connectionTimeout(Duration.ofSeconds(3))
                                        .socketTimeout(Duration.ofMinutes(5)));
        config.endpoint()
                .ifPresent(
                        endpoint ->
                                builder.endpointOverride(URI.create(endpoint))
                                        .forcePathStyle(true));
        if (config.accessKey().isPresent() && config.secretKey().isPresent()) {
            builder.credentialsProvider(
                    StaticCredentialsProvider.create(
                            AwsBasicCredentials.create(
                                    config.accessKey().get(), config.secretKey().get())));
        } else {
            builder.credentialsProvider(DefaultCredentialsProvider.builder().build());
        }
        return new S3Blobs(builder.build(), bucket, config.prefix().orElse(""));
    }

    private String temporary(UUID id) {
        return prefix + "tmp/" + id;
    }

    private String address(String digest) {
        return prefix + "sha256/" + digest;
    }

    private String aside(String digest) {
        return prefix + "quarantine/" + digest;
    }

    @Override
    public Staged stage(UUID id, InputStream in, long limit) throws IOException {
        var hasher = new Chunks.Hasher();
        var first = part(in, hasher);
        long size = first.length;
        check(size, limit);
        if (first.length < PART) {
            send(
                    () ->
                            s3.putObject(
                                    put ->
                                            put.bucket(bucket)
                                                    .key(temporary(id))
                                                    .contentMD5(md5(first)),
                                    RequestBody.fromBytes(first)));
        } else {
            size = multipart(id, first, in, hasher, limit);
        }
        Failpoints.hit("blob.forced");
        return new Staged(id, hasher.digest(), size, hasher.chunks());
    }

    private long multipart(UUID id, byte[] first, InputStream in, Chunks.Hasher hasher, long limit)
            throws IOException {
        var upload =
                send(
                        () ->
                                s3.createMultipartUpload(c -> c.bucket(bucket).key(temporary(id)))
                                        .uploadId());
        try {
            var parts = new ArrayList<CompletedPart>();
            long size = 0;
            for (var bytes = first; bytes.length > 0; bytes = part(in, hasher)) {
                size += bytes.length;
                check(size, limit);
                parts.add(sendPart(id, upload, parts.size() + 1, bytes));
            }
            send(
                    () ->
                            s3.completeMultipartUpload(
                                    c ->
                                            c.bucket(bucket)
                                                    .key(temporary(id))
                                                    .uploadId(upload)
                                                    .multipartUpload(m -> m.parts(parts))));
            return size;
        } catch (IOException | RuntimeException e) {
            send(
                    () ->
                            s3.abortMultipartUpload(
                                    a -> a.bucket(bucket).key(temporary(id)).uploadId(upload)));
            throw e;
        }
    }

    private CompletedPart sendPart(UUID id, String upload, int number, byte[] bytes) {
        var answer =
                send(
                        () ->
                                s3.uploadPart(
                                        p ->
                                                p.bucket(bucket)
                                                        .key(temporary(id))
                                                        .uploadId(upload)
                                                        .partNumber(number)
                                                        .contentMD5(md5(bytes)),
                                        RequestBody.fromBytes(bytes)));
        return CompletedPart.builder().partNumber(number).eTag(answer.eTag()).build();
    }

    private static byte[] part(InputStream in, Chunks.Hasher hasher) throws IOException {
        var bytes = in.readNBytes(PART);
        hasher.update(bytes, 0, bytes.length);
        return bytes;
    }

    private static void check(long size, long limit) {
        if (size > limit) {
            throw new TooLarge("The file has more than " + limit + " bytes.");
        }
    }

    /**
     * Content-MD5, which every S3 store compares with what arrives; the newer checksum headers are
     * refused by some. It guards the way only: what is read is compared with SHA-256.
     */
    private static String md5(byte[] bytes) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A request of a write: the store being away is nobody's defect. */
    private static <T> T send(Supplier<T> request) {
        try {
            return request.get();
        } catch (SdkException e) {
            throw new Unavailable(
                    "The S3 store of the blobs did not take the file: "
                            + e.getMessage()
                            + " Nothing was kept. Send it again.");
        }
    }

    /** A request of a read or of the upkeep. */
    private static <T> T ask(Supplier<T> request) throws IOException {
        try {
            return request.get();
        } catch (SdkException e) {
            throw new IOException("The S3 store did not answer: " + e.getMessage(), e);
        }
    }

    /** A store copies large objects for minutes. */
    @Override
    public void prepare(Staged staged, boolean verify) throws IOException {
        var there = size(staged.digest());
        if (there.isEmpty()
                || there.getAsLong() != staged.size()
                || (verify && !digest(staged.digest()).equals(staged.digest()))) {
            send(
                    () ->
                            s3.copyObject(
                                    c ->
                                            c.sourceBucket(bucket)
                                                    .sourceKey(temporary(staged.id()))
                                                    .destinationBucket(bucket)
                                                    .destinationKey(address(staged.digest()))));
            var now = size(staged.digest());
            if (now.isEmpty() || now.getAsLong() != staged.size()) {
                throw new Unavailable(
                        "The S3 store of the blobs did not keep the file. Send it again.");
            }
        }
    }

    /** Quick after {@link #prepare}, unless the sweep took the object away in between. */
    @Override
    public void publish(Staged staged, boolean verify) throws IOException {
        prepare(staged, verify);
        Failpoints.hit("blob.published");
        discard(staged.id());
    }

    private String digest(String digest) throws IOException {
        var hash = Chunks.sha256();
        try (var in = read(digest, 0)) {
            var buffer = new byte[128 * 1024];
            for (int n; (n = in.read(buffer)) >= 0; ) {
                hash.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    @Override
    public void discard(UUID id) throws IOException {
        ask(
                () ->
                        s3.deleteObject(
                                d ->
                                        d.bucket(bucket)
                                                .key(temporary(id))
                                                .overrideConfiguration(QUICK)));
    }

    @Override
    public InputStream read(String digest, long offset) throws IOException {
        var stream =
                ask(
                        () ->
                                s3.getObject(
                                        g -> {
                                            g.bucket(bucket).key(address(digest));
                                            if (offset > 0) {
                                                g.range("bytes=" + offset + "-");
                                            }
                                        }));
        return new Aborting(stream);
    }

    /** Closing in the middle ends the connection, where the client would read on to the end. */
    private static final class Aborting extends FilterInputStream {
        private final ResponseInputStream<GetObjectResponse> stream;

        Aborting(ResponseInputStream<GetObjectResponse> stream) {
            super(stream);
            this.stream = stream;
        }

        @Override
        public void close() {
            stream.abort();
        }
    }

    private @Nullable HeadObjectResponse head(String key) throws IOException {
        try {
            return s3.headObject(h -> h.bucket(bucket).key(key).overrideConfiguration(QUICK));
        } catch (NoSuchKeyException e) {
            return null;
        } catch (S3Exception e) {
            if (e.statusCode() == 404) {
                return null;
            }
            throw new IOException("The S3 store did not answer: " + e.getMessage(), e);
        } catch (SdkException e) {
            throw new IOException("The S3 store did not answer: " + e.getMessage(), e);
        }
    }

    @Override
    public OptionalLong size(String digest) throws IOException {
        var head = head(address(digest));
        return head == null ? OptionalLong.empty() : OptionalLong.of(head.contentLength());
    }

    @Override
    public void delete(String digest) throws IOException {
        ask(() -> s3.deleteObject(d -> d.bucket(bucket).key(address(digest))));
    }

    @Override
    public @Nullable Path file(String digest) {
        return null;
    }

    @Override
    public long free() {
        return Long.MAX_VALUE;
    }

    @Override
    public long capacity() {
        return Long.MAX_VALUE;
    }

    @Override
    public int discardOlderThan(Duration age, Predicate<UUID> live) throws IOException {
        int discarded = 0;
        for (var object : old("tmp/", age)) {
            var name = object.key().substring((prefix + "tmp/").length());
            if (!name.matches("[0-9a-f-]{36}") || !live.test(UUID.fromString(name))) {
                ask(() -> s3.deleteObject(d -> d.bucket(bucket).key(object.key())));
                discarded++;
            }
        }
        return discarded + abortOlderThan(age);
    }

    private int abortOlderThan(Duration age) throws IOException {
        var before = Instant.now().minus(age);
        int aborted = 0;
        for (var upload :
                ask(() -> s3.listMultipartUploads(l -> l.bucket(bucket).prefix(prefix + "tmp/")))
                        .uploads()) {
            if (upload.initiated() != null && upload.initiated().isBefore(before)) {
                ask(
                        () ->
                                s3.abortMultipartUpload(
                                        a ->
                                                a.bucket(bucket)
                                                        .key(upload.key())
                                                        .uploadId(upload.uploadId())));
                aborted++;
            }
        }
        return aborted;
    }

    private List<S3Object> old(String folder, Duration age) throws IOException {
        var before = Instant.now().minus(age);
        return ask(
                () ->
                        s3
                                .listObjectsV2Paginator(
                                        l -> l.bucket(bucket).prefix(prefix + folder))
                                .contents()
                                .stream()
                                .filter(object -> object.lastModified().isBefore(before))
                                .toList());
    }

    @Override
    public List<String> olderThan(Duration age) throws IOException {
        return old("sha256/", age).stream()
                .map(object -> object.key().substring((prefix + "sha256/").length()))
                .toList();
    }

    @Override
    public boolean putAside(String digest, Duration age) throws IOException {
        var head = head(address(digest));
        if (head == null || head.lastModified().isAfter(Instant.now().minus(age))) {
            return false;
        }
        ask(
                () ->
                        s3.copyObject(
                                c ->
                                        c.sourceBucket(bucket)
                                                .sourceKey(address(digest))
                                                .destinationBucket(bucket)
                                                .destinationKey(aside(digest))));
        delete(digest);
        return true;
    }

    @Override
    public void emptyQuarantine(Duration age) throws IOException {
        for (var object : old("quarantine/", age)) {
            ask(() -> s3.deleteObject(d -> d.bucket(bucket).key(object.key())));
        }
    }
}
