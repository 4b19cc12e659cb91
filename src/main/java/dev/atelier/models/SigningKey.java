package dev.atelier.models;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/** The key that manifests are signed with: ECDSA on the curve P-256 with SHA-256. */
record SigningKey(PrivateKey secret, PublicHalf publicHalf) {

    private static final String CURVE = "secp256r1";

    /**
     * What a manifest is verified with: a key on P-256, P-384 or P-521.
     *
     * @param id SHA-256 of the PEM text, as bundles name their key
     */
    record PublicHalf(ECPublicKey key, String pem, String id) {

        static PublicHalf of(ECPublicKey key) {
            var body =
                    Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded());
            var pem = "-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----\n";
            return new PublicHalf(key, pem, sha256(pem.getBytes(StandardCharsets.US_ASCII)));
        }

        /**
         * @throws IllegalArgumentException when it is no PEM of a public key on one of the curves
         */
        static PublicHalf parse(String pem) {
            try {
                var key =
                        KeyFactory.getInstance("EC")
                                .generatePublic(new X509EncodedKeySpec(body(pem, "PUBLIC KEY")));
                var half = of((ECPublicKey) key);
                half.digest();
                return half;
            } catch (GeneralSecurityException e) {
                throw new IllegalArgumentException(
                        "This is no public key on an elliptic curve (PEM).", e);
            }
        }

        boolean signed(byte[] text, byte[] signature) {
            try {
                var verifier = Signature.getInstance(digest() + "withECDSA");
                verifier.initVerify(key);
                verifier.update(text);
                return verifier.verify(signature);
            } catch (GeneralSecurityException e) {
                // A signature that is none at all.
                return false;
            }
        }

        /** Which digest goes with the curve, as sigstore has it. */
        private String digest() {
            return switch (key.getParams().getCurve().getField().getFieldSize()) {
                case 256 -> "SHA256";
                case 384 -> "SHA384";
                case 521 -> "SHA512";
                default ->
                        throw new IllegalArgumentException(
                                "The key is on none of the curves P-256, P-384 and P-521.");
            };
        }
    }

    static SigningKey fresh() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(CURVE));
            var pair = generator.generateKeyPair();
            return new SigningKey(pair.getPrivate(), PublicHalf.of((ECPublicKey) pair.getPublic()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * A private key as {@code openssl genpkey} writes it (PKCS #8), as PEM or its Base64 alone.
     *
     * @throws IllegalArgumentException when it is none, or on another curve than P-256
     */
    static SigningKey parse(String text) {
        return parse(body(text, "PRIVATE KEY"));
    }

    static SigningKey parse(byte[] pkcs8) {
        try {
            var keys = KeyFactory.getInstance("EC");
            var secret = (ECPrivateKey) keys.generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            if (secret.getParams().getCurve().getField().getFieldSize() != 256) {
                throw new IllegalArgumentException("The key is not on the curve P-256.");
            }
            return new SigningKey(secret, PublicHalf.of(publicOf(keys, secret)));
        } catch (GeneralSecurityException | ClassCastException e) {
            throw new IllegalArgumentException("This is no private key on the curve P-256.", e);
        }
    }

    /** PKCS #8 may lack the public half; it follows from the secret one. */
    private static ECPublicKey publicOf(KeyFactory keys, ECPrivateKey secret)
            throws InvalidKeySpecException {
        var generator = CustomNamedCurves.getByName(CURVE).getG();
        var point = new FixedPointCombMultiplier().multiply(generator, secret.getS()).normalize();
        return (ECPublicKey)
                keys.generatePublic(
                        new ECPublicKeySpec(
                                new ECPoint(
                                        point.getAffineXCoord().toBigInteger(),
                                        point.getAffineYCoord().toBigInteger()),
                                secret.getParams()));
    }

    byte[] sign(byte[] text) {
        try {
            var signer = Signature.getInstance("SHA256withECDSA");
            signer.initSign(secret);
            signer.update(text);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** PKCS #8, to be kept. */
    byte[] encoded() {
        return secret.getEncoded();
    }

    private static byte[] body(String text, String kind) {
        var plain =
                text.replace("-----BEGIN " + kind + "-----", "")
                        .replace("-----END " + kind + "-----", "")
                        .replaceAll("\\s", "");
        try {
            return Base64.getDecoder().decode(plain);
        } catch (IllegalArgumentException e) {
            // The decoder's message would show a part of the key.
            throw new IllegalArgumentException("This is not Base64 of a " + kind + ".");
        }
    }

    private static String sha256(byte[] text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
