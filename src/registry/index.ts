export {
  isEmbedded,
  type RegistryContext,
  type RegistryCredentials,
  type RegistryStatus,
  registryDown,
  registryStatus,
  registryUp,
} from './registry.js';
