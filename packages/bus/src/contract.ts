import { type DocumentId, parseDocumentId, SyncError } from '@syncline/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bus, BusListener, NodeId } from './bus.ts';
import type { DocumentMessage, NodeMessage } from './message.ts';

/** How the suite gets a bus to test. */
export interface BusUnderTest {
  /** Three nodes of one bus that hear each other, without listeners. Called before each test. */
  open(): Promise<readonly [Bus, Bus, Bus]>;
}

/** A listener that keeps all that it hears, and answers a request with what {@link answer} gives. */
export class Recorder implements BusListener {
  readonly messages: { documentId: DocumentId; message: DocumentMessage; from: NodeId }[] = [];
  readonly nodeMessages: { message: NodeMessage; from: NodeId }[] = [];
  readonly gone: NodeId[] = [];
  missed = 0;
  answer = async (request: Uint8Array, _from: NodeId): Promise<Uint8Array> => request;

  onMessage(documentId: DocumentId, message: DocumentMessage, from: NodeId): void {
    this.messages.push({ documentId, message: structuredClone(message), from });
  }
  onNodeMessage(message: NodeMessage, from: NodeId): void {
    this.nodeMessages.push({ message, from });
  }
  onRequest(request: Uint8Array, from: NodeId): Promise<Uint8Array> {
    return this.answer(request.slice(), from);
  }
  onMissed(): void {
    this.missed++;
  }
  onNodeGone(node: NodeId): void {
    this.gone.push(node);
  }

  /** The topics of the broadcasts that were heard, in order. */
  topics(documentId?: DocumentId): string[] {
    return this.messages.flatMap((heard) =>
      heard.message.type === 'broadcast' && (documentId ?? heard.documentId) === heard.documentId
        ? [heard.message.topic]
        : [],
    );
  }
}

const id = parseDocumentId('document');
const other = parseDocumentId('other');
const bytes = (...values: number[]) => new Uint8Array(values);
const said = (topic: string, payload = bytes()): DocumentMessage => ({
  type: 'broadcast',
  from: 'ada',
  topic,
  payload,
});
const revoked = (userId: string): NodeMessage => ({ type: 'revoke-user', userId });

const ODD_NAMES = [
  'x'.repeat(512),
  '𝒟'.repeat(128),
  '*',
  'docu*',
  '?',
  '[a-z]',
  '\\*',
  'a b  c ',
  ':all',
  '𝒟ocument 🙂 é',
].map(parseDocumentId);

/** The tests that every {@link Bus} passes. Call it at the top level of a test file. */
export function testBus(name: string, underTest: BusUnderTest): void {
  describe(`${name} keeps the contract of a Bus`, () => {
    let a: Bus;
    let b: Bus;
    let c: Bus;
    let atA: Recorder;
    let atB: Recorder;
    let atC: Recorder;

    beforeEach(async () => {
      [a, b, c] = await underTest.open();
      [atA, atB, atC] = [new Recorder(), new Recorder(), new Recorder()];
      a.listen(atA);
      b.listen(atB);
      c.listen(atC);
    });
    afterEach(async () => {
      await Promise.all([a.close(), b.close(), c.close()]);
    });

    const heard = (what: () => void) => vi.waitFor(what, { timeout: 10_000, interval: 5 });
    /** Waits until nodes have heard a mark that the first one tells after all else. */
    const settle = async (...nodes: Recorder[]) => {
      const mark = revoked(`mark ${Math.random()}`);
      a.tellAll(mark);
      await heard(() => {
        for (const node of nodes) expect(node.nodeMessages.at(-1)?.message).toEqual(mark);
      });
    };

    it('names its nodes, which hear', () => {
      expect(new Set([a.nodeId, b.nodeId, c.nodeId]).size).toBe(3);
      expect([a, b, c].map((bus) => bus.isHearing)).toEqual([true, true, true]);
    });

    it('tells those that have joined, and neither others nor the sender', async () => {
      await Promise.all([a.join(id), b.join(id), c.join(other)]);
      a.tell(id, said('one', bytes(1, 2, 3)));
      await heard(() => expect(atB.messages).toHaveLength(1));
      await settle(atB, atC);
      expect(atB.messages).toEqual([
        { documentId: id, message: said('one', bytes(1, 2, 3)), from: a.nodeId },
      ]);
      expect(atC.messages).toEqual([]);
      expect(atA.messages).toEqual([]);
      expect(atA.nodeMessages).toEqual([]);
    });

    it('may tell a document that it has not joined', async () => {
      await b.join(id);
      a.tell(id, said('one'));
      await heard(() => expect(atB.topics()).toEqual(['one']));
    });

    it('keeps the order of what one node says of one document', async () => {
      await Promise.all([b.join(id), b.join(other), c.join(id)]);
      const topics = Array.from({ length: 500 }, (_, at) => String(at));
      for (const topic of topics) {
        a.tell(id, said(topic));
        a.tell(other, said(topic));
        if (Number(topic) % 50 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
      await heard(() => {
        expect(atB.topics(id)).toHaveLength(topics.length);
        expect(atB.topics(other)).toHaveLength(topics.length);
        expect(atC.topics(id)).toHaveLength(topics.length);
      });
      expect(atB.topics(id)).toEqual(topics);
      expect(atB.topics(other)).toEqual(topics);
      expect(atC.topics(id)).toEqual(topics);
    });

    it('hears what is said once a join has resolved', async () => {
      const documents = Array.from({ length: 50 }, (_, at) => parseDocumentId(`document ${at}`));
      await Promise.all(
        documents.map(async (documentId) => {
          await b.join(documentId);
          a.tell(documentId, said('first'));
        }),
      );
      await heard(() => expect(atB.messages).toHaveLength(documents.length));
      expect(new Set(atB.messages.map((message) => message.documentId))).toEqual(
        new Set(documents),
      );
    });

    it('hears no more of a document that it left', async () => {
      await Promise.all([b.join(id), c.join(id)]);
      b.leave(id);
      b.leave(other);
      a.tell(id, said('one'));
      await heard(() => expect(atC.topics()).toEqual(['one']));
      await settle(atB, atC);
      expect(atB.messages).toEqual([]);
    });

    it('has joined after joining, leaving and joining in a row', async () => {
      await b.join(id);
      b.leave(id);
      const again = b.join(id);
      b.leave(id);
      await Promise.all([again, b.join(id), b.join(id)]);
      a.tell(id, said('one'));
      await heard(() => expect(atB.topics()).toEqual(['one']));
      b.leave(id);
      await b.join(id);
      a.tell(id, said('two'));
      await heard(() => expect(atB.topics()).toEqual(['one', 'two']));
    });

    it('tells all other nodes', async () => {
      a.tellAll(revoked('ada'));
      b.tellAll({ type: 'revoke-document', documentId: id });
      const fromA = { message: revoked('ada'), from: a.nodeId };
      const fromB = { message: { type: 'revoke-document', documentId: id }, from: b.nodeId };
      await heard(() => {
        expect(atA.nodeMessages).toEqual([fromB]);
        expect(atB.nodeMessages).toEqual([fromA]);
        expect(atC.nodeMessages).toHaveLength(2);
      });
      expect(atC.nodeMessages).toEqual(expect.arrayContaining([fromA, fromB]));
    });

    it('brings documents of any name', async () => {
      for (const documentId of ODD_NAMES) {
        await b.join(documentId);
        a.tell(documentId, said('here'));
        await heard(() => expect(atB.messages).toHaveLength(1));
        await settle(atB, atC);
        expect(atB.messages.splice(0).map((heard) => heard.documentId)).toEqual([documentId]);
        b.leave(documentId);
      }
    });

    it('takes no name for a pattern', async () => {
      await Promise.all(
        ['*', 'd*', 'docum?nt', '[d]ocument'].map((it) => b.join(it as DocumentId)),
      );
      await c.join(id);
      a.tell(id, said('one'));
      await heard(() => expect(atC.topics()).toEqual(['one']));
      await settle(atB, atC);
      expect(atB.messages).toEqual([]);
    });

    it('brings large messages', async () => {
      await b.join(id);
      const update = new Uint8Array(5_000_000).map((_, at) => at % 251);
      const message: DocumentMessage = { type: 'entries', epoch: 'e', from: 1, to: 2, update };
      a.tell(id, message);
      a.tell(id, said('after'));
      await heard(() => expect(atB.messages).toHaveLength(2));
      const [large] = atB.messages;
      const brought = large?.message.type === 'entries' ? large.message.update : undefined;
      expect(brought?.length).toBe(update.length);
      expect(Buffer.from(brought as Uint8Array).equals(update)).toBe(true);
      expect(atB.topics()).toEqual(['after']);
    });

    it('asks in both directions', async () => {
      atB.answer = async (request, from) => bytes(...request, from === a.nodeId ? 1 : 0);
      atA.answer = async (request, from) => bytes(...request, from === b.nodeId ? 2 : 0);
      expect(await a.ask(b.nodeId, bytes(7), 5_000)).toEqual(bytes(7, 1));
      expect(await b.ask(a.nodeId, bytes(8), 5_000)).toEqual(bytes(8, 2));
      const many = Array.from({ length: 100 }, (_, at) => bytes(at));
      const answers = await Promise.all(many.map((it) => a.ask(c.nodeId, it, 5_000)));
      expect(answers).toEqual(many);
    });

    it('brings large and empty requests and answers', async () => {
      expect(await a.ask(b.nodeId, bytes(), 5_000)).toEqual(bytes());
      const large = new Uint8Array(3_000_000).fill(5);
      const answer = await a.ask(b.nodeId, large, 10_000);
      expect(Buffer.from(answer).equals(large)).toBe(true);
    });

    it('passes on the code of a refused request', async () => {
      atB.answer = async () => {
        throw new SyncError('connection-unknown', 'there is no such connection');
      };
      const asked = a.ask(b.nodeId, bytes(1), 5_000);
      await expect(asked).rejects.toBeInstanceOf(SyncError);
      await expect(asked).rejects.toMatchObject({
        code: 'connection-unknown',
        message: 'there is no such connection',
      });
    });

    it('tells of a request that failed otherwise no more than that', async () => {
      atB.answer = async () => {
        throw new Error('a secret');
      };
      const asked = a.ask(b.nodeId, bytes(1), 5_000);
      await expect(asked).rejects.toMatchObject({ code: 'internal' });
      await expect(asked).rejects.not.toThrow('secret');
    });

    it('says that a node is unreachable when it is unknown, closed or does not answer', async () => {
      const unreachable = { name: 'SyncError', code: 'node-unreachable' };
      await expect(a.ask('0123456789abcdef' as NodeId, bytes(1), 1_000)).rejects.toMatchObject(
        unreachable,
      );
      await b.close();
      await expect(a.ask(b.nodeId, bytes(1), 1_000)).rejects.toMatchObject(unreachable);
      atC.answer = () => new Promise(() => {});
      await expect(a.ask(c.nodeId, bytes(1), 50)).rejects.toMatchObject(unreachable);
    });

    it('answers the next request after one that had no answer', async () => {
      atB.answer = () => new Promise((resolve) => setTimeout(resolve, 100, bytes(1)));
      await expect(a.ask(b.nodeId, bytes(1), 10)).rejects.toMatchObject({
        code: 'node-unreachable',
      });
      atB.answer = async () => bytes(2);
      expect(await a.ask(b.nodeId, bytes(1), 5_000)).toEqual(bytes(2));
    });

    it('says goodbye, once', async () => {
      await Promise.all([b.close(), b.close()]);
      await b.close();
      await heard(() => {
        expect(atA.gone).toEqual([b.nodeId]);
        expect(atC.gone).toEqual([b.nodeId]);
      });
      await settle(atC);
      expect(atA.gone).toEqual([b.nodeId]);
      expect(atB.gone).toEqual([]);
    });

    it('neither tells nor hears once it is closed', async () => {
      await Promise.all([a.join(id), b.join(id), c.join(id)]);
      await b.close();
      b.tell(id, said('from the dead'));
      b.tellAll(revoked('dead'));
      b.leave(id);
      await b.join(other);
      await expect(b.ask(a.nodeId, bytes(1), 1_000)).rejects.toMatchObject({
        code: 'node-unreachable',
      });
      a.tell(id, said('to the living'));
      await heard(() => expect(atC.topics()).toEqual(['to the living']));
      await settle(atC);
      expect(atA.messages).toEqual([]);
      expect(atB.messages).toEqual([]);
      expect(atB.nodeMessages).toEqual([]);
      expect(atC.nodeMessages).toHaveLength(1);
    });

    it('refuses what is being asked when it is closed', async () => {
      atB.answer = () => new Promise(() => {});
      const asked = a.ask(b.nodeId, bytes(1), 60_000);
      const refused = expect(asked).rejects.toMatchObject({ code: 'node-unreachable' });
      await a.close();
      await refused;
    });
  });
}
