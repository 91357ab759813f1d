import { crc32 } from 'node:zlib';
import { parseDocumentId, SyncError } from '@syncline/protocol';
import type { Epoch, Seq } from '@syncline/storage';
import type { ExportedDocument } from './operator.ts';

/**
 * A document in a file: `magic, u8 version, u32 checksum, u32 length of the header, header, update`,
 * integers big-endian. The header is JSON in UTF-8 with `documentId`, `epoch` and `head`; the update
 * is the whole content in Yjs's format v1. The CRC-32 goes over all that follows it.
 *
 * As in PNG, the magic shows when a file was copied as text.
 */
const MAGIC = Buffer.from('\x89SYNC\r\n\x1a', 'latin1');
const VERSION = 1;
const CHECKED_AT = MAGIC.length + 1 + 4;
const HEADER_AT = CHECKED_AT + 4;

/** What a file has to say. A plain update says nothing about where it comes from. */
export type DocumentFile = ExportedDocument | { readonly update: Uint8Array };

export function encodeDocumentFile(document: ExportedDocument): Uint8Array {
  const { documentId, epoch, head, update } = document;
  const header = Buffer.from(JSON.stringify({ documentId, epoch, head }));
  const start = Buffer.alloc(HEADER_AT);
  MAGIC.copy(start);
  start.writeUInt8(VERSION, MAGIC.length);
  start.writeUInt32BE(header.length, CHECKED_AT);
  const file = Buffer.concat([start, header, update]);
  file.writeUInt32BE(crc32(file.subarray(CHECKED_AT)), MAGIC.length + 1);
  return file;
}

/**
 * Reads a document file; what does not begin like one is taken for a plain Yjs update, unchecked.
 * @throws SyncError `file-invalid`
 */
export function decodeDocumentFile(bytes: Uint8Array): DocumentFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length === 0) throw invalid('the file is empty');
  if (!file.subarray(0, 5).equals(MAGIC.subarray(0, 5))) return { update: bytes };
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw invalid('the document file was changed: it seems that it was copied as text');
  }
  if (file.length < HEADER_AT) throw invalid('the document file is cut off');
  const version = file.readUInt8(MAGIC.length);
  if (version !== VERSION) {
    throw invalid(`the document file has version ${version}; this Syncline reads ${VERSION}`);
  }
  if (file.readUInt32BE(MAGIC.length + 1) !== crc32(file.subarray(CHECKED_AT))) {
    throw invalid('the document file is damaged: its checksum is wrong');
  }
  const updateAt = HEADER_AT + file.readUInt32BE(CHECKED_AT);
  if (updateAt > file.length) throw invalid('the document file has no content');
  const header = readHeader(file.toString('utf8', HEADER_AT, updateAt));
  return { ...header, update: bytes.subarray(updateAt) };
}

function readHeader(json: string): Omit<ExportedDocument, 'update'> {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch (cause) {
    throw new SyncError('file-invalid', 'the document file has a broken header', { cause });
  }
  if (typeof header !== 'object' || header === null) throw invalid('the header is no object');
  const { documentId, epoch, head } = header as Record<string, unknown>;
  if (typeof documentId !== 'string' || typeof epoch !== 'string' || typeof head !== 'number') {
    throw invalid('the header of the document file lacks a field');
  }
  return { documentId: parseDocumentId(documentId), epoch: epoch as Epoch, head: head as Seq };
}

function invalid(message: string): SyncError {
  return new SyncError('file-invalid', message);
}
