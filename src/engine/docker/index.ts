export { createDockerEngines, type DockerEnginesOptions } from './engine.js';
