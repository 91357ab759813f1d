import { createPublicKey, type KeyObject } from 'node:crypto';
import { SyncError } from '@syncline/protocol';

const MIN_RSA_BITS = 2_048;

/** Algorithms by which tokens may be signed with a private key. */
export const PUBLIC_KEY_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;

export type PublicKeyAlgorithm = (typeof PUBLIC_KEY_ALGORITHMS)[number];

/**
 * A public key, and the one algorithm that goes with its kind.
 * @param pem SPKI, or a certificate
 * @throws SyncError `config-invalid` when it is none, or too weak.
 */
export function readPublicKey(pem: string): { key: KeyObject; algorithm: PublicKeyAlgorithm } {
  if (pem.includes('PRIVATE KEY')) refuse('is a private one; the server needs the public one');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    return refuse('cannot be read: it must be PEM, "-----BEGIN PUBLIC KEY-----"', cause);
  }
  return { key, algorithm: algorithmOf(key) };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): PublicKeyAlgorithm {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa') {
    return modulusLength >= MIN_RSA_BITS ? 'RS256' : refuse(`has less than ${MIN_RSA_BITS} bits`);
  }
  if (asymmetricKeyType === 'ec') {
    return namedCurve === 'prime256v1' ? 'ES256' : refuse(`is on ${namedCurve}; ES256 needs P-256`);
  }
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  return refuse(`is of the kind ${asymmetricKeyType}; it must be RSA, P-256 or Ed25519`);
}

function refuse(message: string, cause?: unknown): never {
  throw new SyncError('config-invalid', `the public key ${message}`, { cause });
}
