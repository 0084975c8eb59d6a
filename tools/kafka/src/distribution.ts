import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Versions that the tests run against; the first is the default. Any other that Maven Central has may be asked for. */
export const KAFKA_VERSIONS = ['4.1.0', '3.9.1'] as const;

/** Where a Kafka came from and how its classes are reached. */
export interface KafkaDistribution {
  /** A sentence for the person who started it. */
  readonly origin: string;
  /** Java's class path; absent when Docker runs it. */
  readonly classPath?: string;
  readonly dockerImage?: string;
}

export interface FindKafkaOptions {
  readonly version?: string;
  readonly kafkaHome?: string | undefined;
  readonly cacheFolder?: string;
}

/**
 * Finds a Kafka: `KAFKA_HOME`, else jars from Maven Central with this machine's Java and Maven (fetched once, kept in
 * the user's cache folder), else Docker. Throws an Error that says what to install.
 */
export async function findKafka(options: FindKafkaOptions = {}): Promise<KafkaDistribution> {
  const { version = KAFKA_VERSIONS[0], kafkaHome = process.env['KAFKA_HOME'] } = options;
  if (kafkaHome !== undefined) {
    const libs = join(kafkaHome, 'libs');
    if (!existsSync(libs))
      throw new Error(`KAFKA_HOME: expected a folder with libs/ in it, found ${kafkaHome}`);
    return { origin: `Kafka of KAFKA_HOME (${kafkaHome})`, classPath: join(libs, '*') };
  }
  if (works('java') && works('mvn')) {
    const folder = await fetchJars(
      version,
      options.cacheFolder ?? join(homedir(), '.cache', 'binnacle', 'kafka'),
    );
    return { origin: `Kafka ${version} from Maven Central's jars`, classPath: join(folder, '*') };
  }
  if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0) {
    const dockerImage = `apache/kafka:${version}`;
    return { origin: `Kafka ${version} in Docker (${dockerImage})`, dockerImage };
  }
  throw new Error('no Kafka can be started here: install Java 17 and Maven, or Docker, or set KAFKA_HOME');
}

const FETCH_TIMEOUT_MS = 300_000;

async function fetchJars(version: string, cacheFolder: string): Promise<string> {
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new Error(`expected a Kafka version such as 4.1.0, found ${version}`);
  const folder = join(cacheFolder, version);
  if (existsSync(folder)) return folder;
  const unfinished = join(cacheFolder, `${version}.${process.pid}`);
  mkdirSync(unfinished, { recursive: true });
  const pom = join(unfinished, 'pom.xml');
  writeFileSync(pom, projectWithKafka(version));
  try {
    const goal = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`];
    await promisify(execFile)('mvn', goal, { timeout: FETCH_TIMEOUT_MS });
    rmSync(pom);
    rmSync(join(unfinished, 'target'), { recursive: true, force: true });
    renameSync(unfinished, folder);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another process may have finished the same download first.
    if (existsSync(folder)) return folder;
    throw new Error(`Kafka ${version} could not be fetched with Maven: ${(cause as Error).message}`, {
      cause,
    });
  }
  return folder;
}

function projectWithKafka(version: string): string {
  const dependency = (group: string, artifact: string, wanted: string): string =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${wanted}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>binnacle</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>${dependency('org.apache.kafka', 'kafka_2.13', version)}${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}</dependencies>
</project>
`;
}

function works(command: string): boolean {
  return spawnSync(command, ['-version'], { stdio: 'ignore' }).status === 0;
}
